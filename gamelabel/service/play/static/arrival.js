// What the link says about a person. This module runs before wire.js, which reads the address too.
const parameters = new URLSearchParams(location.search)
const TURK = ['https://www.mturk.com', 'https://workersandbox.mturk.com']
const NOT_ACCEPTED = 'ASSIGNMENT_ID_NOT_AVAILABLE'

const hex = byte => byte.toString(16).padStart(2, '0')

// A random name of this browser, so that whoever comes back is the same player.
function visitor() {
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join('')
  try {
    const kept = localStorage.getItem('visitor') ?? made
    localStorage.setItem('visitor', kept)
    return kept
  } catch { return made }  // private window
}

export const task = parameters.get('task')
export const channel = parameters.get('channel')
export const isPreview = channel === 'mturk' && [null, NOT_ACCEPTED].includes(parameters.get('assignmentId'))

// What the service gets of the link, beside the channel.
export const ids = {
  visitor: channel === null ? '' : visitor(),
  worker_id: parameters.get('workerId') ?? '',
  assignment_id: isPreview ? '' : parameters.get('assignmentId') ?? '',
  hit_id: parameters.get('hitId') ?? '',
}

// Where Mechanical Turk takes a finished assignment: one of its own two sites, never another one.
const asked = parameters.get('turkSubmitTo')?.replace(/\/$/, '')
export const submitAddress = `${TURK.includes(asked) ? asked : TURK[0]}/mturk/externalSubmit`
