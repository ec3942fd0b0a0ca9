// One pair: pictures that must be looked at for a moment, and a choice that can be changed until it
// is confirmed.
import { $, announce } from '../frame.js'

const SIDES = ['left', 'right']
const OTHER = { left: 'right', right: 'left' }
let current = null

// faces: { left, right } elements. `check` may return why a choice is refused. Resolves to
// { choice, ms } once the choice is confirmed.
export function askPair({ prompt, faces, lookS, next, check }) {
  $('prompt').textContent = prompt
  $('next').textContent = next
  for (const side of SIDES) {
    $(side).querySelector('.face').replaceChildren(faces[side])
    $(side).setAttribute('aria-pressed', 'false')
    $(side).setAttribute('aria-label', `Picture ${side === 'left' ? 1 : 2}`)
  }
  $('prompt').focus({ preventScroll: true })
  return new Promise(done => {
    current = { choice: null, isOpen: false, since: 0, check, done }
    enable(false)
    showHint(lookS ? `Look at both for ${seconds(lookS)}.` : '')
    $('look').hidden = !lookS
    const bar = $('look').firstElementChild.cloneNode()
    bar.style.animationDuration = `${lookS}s`
    $('look').replaceChildren(bar)
    const pair = current
    setTimeout(() => { if (current === pair) openChoice(lookS) }, 1000 * lookS)
  })
}

const seconds = s => `${s} ${s === 1 ? 'second' : 'seconds'}`

function showHint(text, aloud = false) { $('hint').textContent = text; if (aloud) announce(text) }

function enable(on) {
  for (const side of SIDES) $(side).setAttribute('aria-disabled', String(!on))
  $('next').setAttribute('aria-disabled', 'true')
}

function openChoice(lookS) {
  current.isOpen = true
  current.since = performance.now()
  enable(true)
  $('look').hidden = true
  showHint('Tap the one that fits, or press 1 or 2.', lookS > 0)
}

function choose(side) {
  if (!current?.isOpen) return
  if (current.choice === side) { confirm(); return }
  current.choice = side
  current.ms = Math.round(performance.now() - current.since)
  $(side).setAttribute('aria-pressed', 'true')
  $(OTHER[side]).setAttribute('aria-pressed', 'false')
  $('next').setAttribute('aria-disabled', 'false')
  showHint('You can still change your mind.')
}

function confirm() {
  if (!current?.choice) return
  const refusal = current.check?.(current.choice)
  if (refusal) { showHint(refusal, true); return }
  const { choice, ms, done } = current
  current = null
  done({ choice, ms })
}

for (const side of SIDES) $(side).addEventListener('click', () => choose(side))
$('next').addEventListener('click', confirm)
document.addEventListener('keydown', event => {
  if (!current || event.ctrlKey || event.altKey || event.metaKey || $('data').open || event.repeat) return
  if (event.key === '1') choose('left')
  else if (event.key === '2') choose('right')
  else if (event.key === 'Enter' && current.choice && document.activeElement?.tagName !== 'BUTTON') confirm()
})
