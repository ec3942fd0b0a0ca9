// The page in the game's frame: one section at a time, progress, consent, pay, the end, withdrawal.
import { call, isFramed, keptAnswers, noteConsent, onTrouble, Refusal, retryNow, tellGame } from './wire.js'

export const $ = id => document.getElementById(id)
const COIN = document.documentElement.dataset.coin
const SETTLE_MS = 400, PATIENCE_MS = 400
let isOver = false  // then only the end is shown, whatever the activity still does
let leave = null

// Buttons do not react at first, so that a double tap does not press what appears under it.
function settle(part) {
  const buttons = [...part.querySelectorAll('.actions button')]
  for (const button of buttons) button.disabled = true
  setTimeout(() => { for (const button of buttons) button.disabled = false }, SETTLE_MS)
}

// What scrolls can be reached by keyboard, and shows that there is more.
export function markScroller(element) {
  const { scrollTop, clientHeight, scrollHeight } = element
  element.classList.toggle('more', scrollTop + clientHeight < scrollHeight - 2)
  if (scrollHeight > clientHeight + 1) element.tabIndex = 0
  else if (element.matches('h1')) element.tabIndex = -1
  else element.removeAttribute('tabindex')
}
document.addEventListener('scroll', ({ target }) => { if (target.matches?.('.body, #prompt')) markScroller(target) }, true)

function display(id, focus) {
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== id
  settle($(id))
  const body = $(id).querySelector('.body')
  if (body) { body.scrollTop = 0; markScroller(body) }
  if (focus) $(id).querySelector('h1').focus({ preventScroll: true })
}

export function showSection(id, focus = true) { if (!isOver) display(id, focus) }

window.addEventListener('resize', () => {
  for (const body of document.querySelectorAll('.body')) markScroller(body)
})

export function showProgress(text = '', current = 0, total = 0) {
  $('progress').textContent = text
  $('dots').replaceChildren(...Array.from({ length: total }, (_, i) => {
    const dot = document.createElement('li')
    dot.className = i < current ? 'done' : i === current ? 'current' : ''
    return dot
  }))
}

// Says something to those who use a screen reader.
export function announce(text) {
  $('announcer').textContent = ''
  requestAnimationFrame(() => { $('announcer').textContent = text })
}

export const buttonPressed = (...ids) => new Promise(done => {
  for (const id of ids) $(id).addEventListener('click', () => done(id), { once: true })
})

// While something is awaited: what is wrong, when the next try is, and a button to try at once.
const CAUSES = { network: 'No connection right now', service: 'This is not available right now' }
let waitText = '', trouble = null
function describeWait() {
  const title = trouble ? CAUSES[trouble.cause] : 'One moment …'
  const seconds = trouble && Math.ceil((trouble.until - Date.now()) / 1000)
  const next = seconds > 0 ? `Next try in ${seconds} s.` : 'Trying again …'
  if (trouble && !$('wait').hidden && $('wait-h').textContent !== title) announce(`${title}. ${waitText}`)
  $('wait-h').textContent = title
  $('wait-p').textContent = trouble ? waitText : ''
  $('wait-next').textContent = trouble ? next : ''
  $('retry').hidden = !trouble
}
onTrouble(now => { trouble = now; describeWait() })
setInterval(() => { if (trouble) describeWait() }, 1000)
$('retry').addEventListener('click', retryNow)

// Resolves as `promise` does. If that takes longer than a moment, the page says so, and `text` if
// the connection is away. The caller then shows the next section.
export async function waitFor(promise, text, show = showSection) {
  waitText = text
  const timer = setTimeout(() => { show('wait'); describeWait() }, PATIENCE_MS)
  try { return await promise } finally { clearTimeout(timer) }
}

// Shows a title and a text until the player continues.
export async function showNote(title, text) {
  showProgress()
  $('note-h').textContent = title
  $('note-p').textContent = text
  showSection('note')
  await buttonPressed('continue')
}

async function agree(times) {
  await call('PUT', '/v1/consent', { body: { times } })
  noteConsent(times)
}

// `store(times)` sends that the player agrees.
export async function askConsent(store = agree) {
  showProgress()
  showSection('consent')
  if (await buttonPressed('agree', 'decline') === 'decline') return false
  const times = Boolean($('times')?.checked)
  await waitFor(store(times), 'We keep trying to store that you agree.')
  offerTimes(times)
  return true
}

// Lets a player who has consented change whether response times are stored.
export function offerTimes(times) {
  if (!$('times-now')) return
  $('times-choice').hidden = false
  $('times-now').checked = times
}

// Shows a reward and resolves to whether the player wants to continue. `levels`: how many levels of
// pay there are; 0 where everybody is paid the same.
export async function showReward({ reward, level = 0, levels = 0, text, canContinue = true }) {
  showProgress()
  tellGame({ type: 'gamelabel:reward', reward: reward.id, amount: reward.amount })
  $('paid-h').textContent = `+${reward.amount} ${COIN}`
  $('level').replaceChildren(...Array.from({ length: levels }, (_, i) => {
    const step = document.createElement('i')
    step.className = i < level ? 'full' : ''
    return step
  }))
  const levelText = levels ? `Pay level ${level} of ${levels}` : ''
  $('level-p').textContent = levelText
  $('paid-p').textContent = text
  $('more').hidden = !canContinue
  showSection('paid')
  announce(`You earned ${reward.amount} ${COIN}. ${levelText && `${levelText}.`}`)
  return await buttonPressed('more', 'back') === 'more'
}

const AGAIN = 'Try again'
const ENDS = {
  withdrawn: ['Your data are deleted', 'You have withdrawn, and you will not be asked again. You can still watch advertisements in the game.'],
  paused: ['A short break', 'This is paused at the moment. Please come back a little later.', AGAIN],
  crowded: ['Many new players right now', 'Please come back a little later.', AGAIN],
  young: ['Not yet', 'You can take part once you have played for a while.'],
  declined: ['All right', 'We stored no answers, only a made-up name. The game continues as before.'],
  left: ['See you later', 'You can come back at any time.'],
  launch: isFramed
    ? ['Please start again from the game', 'The link from the game has expired.']
    : ['This address does not work any more', 'Each works once, within a few minutes, and in one tab. Ask for a new one, or start again from the game.'],
  another: ['Somebody else is playing now', 'The game has sent another player. Answers of the first one are kept on this device.', 'Continue'],
  done: ['Thank you!', 'See you next time.'],
}
const FAULT = ['Something went wrong', 'Please try again. If that does not help, go back to the game and come back later.', AGAIN]

// Runs an activity, an async function that resolves to the reason why it ended, and shows the end.
// `ends` maps further reasons to a title, a text, and if the activity can go on, that button's name.
// `stop` ends what the activity still does when the player leaves.
export async function run(activity, ends, stop = () => {}) {
  document.documentElement.dataset.started = ''
  tellGame({ type: 'gamelabel:ready' })
  for (;;) {
    isOver = false
    $('exit').hidden = false
    const reason = await Promise.race([playerLeaves(), activity().catch(error => {
      if (!(error instanceof Refusal)) console.error(error)
      return error.kind
    })])
    stop()
    if (!await showEnd(reason, { ...ENDS, ...ends })) return
    showSection('wait')
  }
}

// Resolves to why, once the player leaves or withdraws.
const playerLeaves = () => new Promise(done => { leave = done })

// Resolves to whether the activity should run again.
async function showEnd(reason, ends) {
  const [title, text, again] = ends[reason] ?? FAULT
  isOver = true
  showProgress()
  $('end-h').textContent = title
  $('end-p').textContent = text
  $('exit').hidden = true
  $('again').hidden = !again
  $('again').textContent = again ?? ''
  $('leave').hidden = !isFramed
  if (['done', 'left'].includes(reason)) tellGame({ type: 'gamelabel:close', reason })
  display('end', true)
  for (;;) {
    const next = await Promise.race([buttonPressed('again', 'leave'), playerLeaves()])
    if (next === 'again') return true
    if (next !== 'leave') return showEnd(next, ends)
    tellGame({ type: 'gamelabel:close', reason })
  }
}

$('exit').addEventListener('click', () => leave('left'))

// Your data: what is stored, and a way to delete it that a slip of the finger cannot take.
function showDataStep(step) {
  for (const part of ['data-stored', 'data-sure']) $(part).hidden = part !== step
  settle($(step))
  markScroller($(step).querySelector('.body'))
}
$('about').addEventListener('click', () => { $('data').showModal(); showDataStep('data-stored') })
for (const id of ['close', 'keep']) $(id).addEventListener('click', () => $('data').close())
$('withdraw').addEventListener('click', () => { showDataStep('data-sure'); $('data-sure-h').focus() })
$('withdraw-now').addEventListener('click', () => { $('data').close(); leave(withdraw()) })
$('times-now')?.addEventListener('change', async () => {
  const times = $('times-now').checked
  await agree(times).catch(() => { $('times-now').checked = !times })
})

async function withdraw() {
  isOver = true
  keptAnswers.clear()
  try {
    await waitFor(call('DELETE', '/v1/player'), 'Your data are not deleted yet. We keep trying.', display)
    return 'withdrawn'
  } catch (error) { return error.kind }
}
