// What the teaching page shows: the world, the example, the dragon's attempt, the results.
import { $ } from '../frame.js'

const element = (name, text) => Object.assign(document.createElement(name), { textContent: text })

// `choose(action)` is called when a possible action is pressed.
export function showScene({ place, inventory, actions, done }, choose) {
  const focused = document.activeElement
  $('place').textContent = place
  $('inventory').textContent = inventory
  $('choices').replaceChildren(...actions.map(action => {
    const item = document.createElement('li'), button = element('button', action)
    button.type = 'button'
    button.className = 'choice'
    button.addEventListener('click', () => choose(action))
    item.append(button)
    return item
  }))
  $('choices-h').textContent = actions.length ? 'Possible actions' : 'That is enough for one example'
  $('done').replaceChildren(...done.map(action => element('li', action)))
  $('none').hidden = done.length > 0
  $('reset').disabled = !done.length
  // else the focus is lost with the button that was pressed
  if (!focused.isConnected || focused.disabled) $('choices-h').focus({ preventScroll: true })
}

const minutes = seconds => seconds >= 90 ? `${Math.round(seconds / 60)} minutes` : `${Math.ceil(seconds)} seconds`

const STAGES = {
  preparing: () => ['One moment', 'The dragon is waking up.'],
  between: ({ number }) => [number ? 'A short break' : 'Soon', 'The next round has not begun. You can look around meanwhile.'],
  training: ({ done, total }) => ['The dragons are learning', total ? `${done} of ${total} have been tested.` : 'This takes a few minutes.'],
  closed: () => ['The round is over', 'Its results come soon.'],
  finished: () => ['All rounds are over', 'Thank you for teaching!'],
}

export function showRound(round) {
  const { stage, number, rounds, seconds_left: left, subject, least, most, examples: count } = round
  let [title, text] = STAGES[stage]?.(round) ?? [`Round ${number} of ${rounds}`, '']
  if (stage === 'open') {
    const about = subject ? `About: ${subject}. ` : ''
    const wanted = count < least ? `${count} of ${least} examples` : `${count} examples${count < most ? ', more are welcome' : ''}`
    text = `${about}${wanted}, ${left > 0 ? `${minutes(left)} left` : 'the time is over'}.`
  }
  if ($('lesson-h').textContent !== title) $('lesson-h').textContent = title
  if ($('round-p').textContent !== text) $('round-p').textContent = text
}

// Returns what it shows, for those who do not see it.
export function showAttempt({ attempt, is_right: isRight, meant }) {
  $('attempt').hidden = false
  $('attempt').dataset.right = String(isRight)
  if (isRight === null) {
    $('attempt-h').textContent = 'Taught'
    $('attempt-p').textContent = `Your example is stored: ${meant}.`
  } else {
    $('attempt-h').textContent = isRight ? '✓ The dragon understood' : '✗ The dragon did something else'
    $('attempt-p').textContent = isRight ? `It did: ${attempt}.` : `It did: ${attempt || 'nothing'}. You meant: ${meant}.`
  }
  $('attempt').scrollIntoView({ block: 'nearest' })
  return `${$('attempt-h').textContent}. ${$('attempt-p').textContent}`
}

export function showTrouble(text) {
  $('trouble').textContent = text
  if (text) $('trouble').scrollIntoView({ block: 'nearest' })
}
export const troubleShown = () => $('trouble').textContent

export function showResults({ number, teachers, rows, reward }, coin) {
  const own = rows.find(row => row.is_own)
  $('board-h').textContent = `Results of round ${number}`
  const place = own?.place ? `You took place ${own.place} of ${teachers}. ` : ''
  const earned = reward ? `You earned ${reward.amount} ${coin}.` : ''
  $('board-p').textContent = own ? `${place}${earned}` : 'You took no part in this round.'
  $('board-rows')?.replaceChildren(...rows.map(row => {
    const line = document.createElement('tr')
    line.className = row.is_own ? 'own' : ''
    const score = row.score === null ? '–' : `${(100 * row.score).toFixed(1)}\u00a0%`
    for (const text of [row.place ?? '–', row.is_own ? 'You' : 'Another teacher', score, row.examples]) line.append(element('td', text))
    return line
  }))
}
