// The page in the game's frame: one section at a time, progress, consent, pay, the end, withdrawal.
import { call, isFramed, Refusal, tellGame, unsentAnswers } from './wire.js'

export const $ = id => document.getElementById(id)
const COIN = document.documentElement.dataset.coin

export function showSection(id, focus = true) {
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== id
  if (focus) $(id).querySelector('h1').focus({ preventScroll: true })
}

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

export function showBusy() {
  $('wait-h').textContent = 'One moment …'
  $('wait-p').textContent = ''
  showSection('wait')
}

// Shown while the service or the network is away. The wait ends early when the player asks for it
// or the network is back.
export function connectionNotice(text) {
  const before = [...document.querySelectorAll('section')].find(section => !section.hidden)?.id
  return {
    hide() { if (!$('retry').hidden) { $('retry').hidden = true; showSection(before, false) } },
    show(seconds) {
      $('wait-h').textContent = 'No connection right now'
      $('wait-p').textContent = text
      $('retry').hidden = false
      showSection('wait')
      return new Promise(done => {
        const timer = setTimeout(finish, 1000 * seconds)
        function finish() {
          clearTimeout(timer)
          window.removeEventListener('online', finish)
          $('retry').removeEventListener('click', finish)
          done()
        }
        window.addEventListener('online', finish)
        $('retry').addEventListener('click', finish)
      })
    },
  }
}

export async function askConsent() {
  showSection('consent')
  if (await buttonPressed('agree', 'decline') === 'decline') return false
  const times = Boolean($('times')?.checked)
  await call('PUT', '/v1/consent', { body: { times }, notice: connectionNotice('We keep trying.') })
  return true
}

// Answers stay on this device until the service has them, even if the page is closed.
export async function sendUnsent() {
  const { path, body } = unsentAnswers.get()
  const text = 'Your answers are kept on this device and sent as soon as there is a connection.'
  try {
    const reply = await call('POST', path, { body, notice: connectionNotice(text) })
    unsentAnswers.clear()
    return reply
  } catch (error) {
    if (error.status !== 401) unsentAnswers.clear()  // without a session they wait for the next one
    throw error
  }
}

// Shows a reward and resolves to whether the player wants to continue.
export async function showReward({ reward, stars, maxStars, text, canContinue }) {
  showProgress()
  tellGame({ type: 'gamelabel:reward', reward: reward.id, amount: reward.amount })
  $('paid-h').textContent = `+${reward.amount} ${COIN}`
  $('stars').textContent = '★'.repeat(stars) + '☆'.repeat(maxStars - stars)
  $('stars').setAttribute('aria-label', `${stars} of ${maxStars} stars`)
  $('paid-p').textContent = text
  $('more').hidden = !canContinue
  showSection('paid')
  announce(`You earned ${reward.amount} ${COIN}, ${stars} of ${maxStars} stars.`)
  return await buttonPressed('more', 'back') === 'more'
}

const ENDS = {
  withdrawn: ['Your data are deleted', 'You have withdrawn, and you will not be asked again. You can still watch advertisements in the game.'],
  paused: ['A short break', 'This is paused at the moment. Please come back a little later.'],
  declined: ['All right', 'We stored nothing about you. The game continues as before.'],
  launch: ['Please start again from the game', 'The link from the game has expired.'],
  done: ['Thank you!', 'See you next time.'],
}
const FAULT = ['Something went wrong', 'The error has been logged. Please go back to the game and try again later.']

// Runs an activity, an async function that resolves to the reason why it ended, and shows the end.
// `ends` maps further reasons to a title and a text.
export async function run(activity, ends) {
  const reason = await activity().catch(error => {
    if (!(error instanceof Refusal)) console.error(error)
    return error.kind
  })
  await showEnd(reason, ends)
}

async function showEnd(reason, ends = {}) {
  const [title, text] = ends[reason] ?? ENDS[reason] ?? FAULT
  showProgress()
  $('end-h').textContent = title
  $('end-p').textContent = text
  $('leave').hidden = !isFramed
  if (reason === 'done' && isFramed) { tellGame({ type: 'gamelabel:close', reason }); return }
  showSection('end')
  await buttonPressed('leave')
  tellGame({ type: 'gamelabel:close', reason })
}

$('about').addEventListener('click', () => $('data').showModal())
$('close').addEventListener('click', () => $('data').close())
$('withdraw').addEventListener('click', async () => {
  $('data').close()
  unsentAnswers.clear()
  try { await call('DELETE', '/v1/player') } catch (error) { if (error.status !== 401) return showEnd('fault') }
  showEnd('withdrawn')
})
