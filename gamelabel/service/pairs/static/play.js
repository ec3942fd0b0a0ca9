// The labeling game: introduction, practice, consent, then batches of pairs, each with a reward.
import { call, introductionDone, keptAnswers, openSession, randomKey } from '../wire.js'
import { $, askConsent, offerTimes, run, showNote, showProgress, showReward, showSection, waitFor } from '../frame.js'
import { askPair, closePair } from './pair.js'
import { practice } from './practice.js'

const LOOK_S = Number(document.documentElement.dataset.look)
const ENDS = {
  removed: ['Thank you for trying', 'Too many known answers were wrong, so you can no longer label. That happens. You keep all you earned, and you can still watch advertisements in the game.'],
  finished: ['You have seen all pairs', 'There are no more pictures for you right now. Thank you!'],
  decided: ['No more votes are needed', 'The ranking has as many votes as it needs. You keep all you earned. Thank you!'],
  left: ['See you later', 'Your answers so far are kept on this device. You can continue where you stopped, and are paid after the fifth pair.'],
}
const ELSEWHERE = ['These pairs are answered already', 'You answered them in another window or on another device. The first answers count. Here are the next five.']
const ANSWERED_BEFORE = ['answered', 'items', 'missing']

async function introduction() {
  for (const id of ['slide-1', 'slide-2', 'slide-3']) {
    showSection(id)
    await new Promise(done => $(id).querySelector('button').addEventListener('click', done, { once: true }))
  }
  showSection('pair', false)
  $('question').textContent = 'Practice: which one fits the words?'
  await practice(LOOK_S, showProgress)
  introductionDone.set(true)
}

function loadPicture(name) {
  return call('GET', `/v1/pictures/${name}`, {
    async read(reply) {
      const picture = new Image()
      picture.src = URL.createObjectURL(await reply.blob())
      picture.alt = ''
      await picture.decode()
      return picture
    },
  })
}

function loadPictures(item) {
  const pictures = Promise.all([item.left, item.right].map(loadPicture))
  pictures.catch(() => {})  // told when the pair is shown
  return pictures
}

// Resolves once another window or device has answered a batch.
const answeredElsewhere = (batch, signal) => new Promise(done => {
  const check = async () => {
    const { reply } = await call('GET', `/v1/batches/${batch}`).catch(() => ({}))
    if (reply) done()
  }
  document.addEventListener('visibilitychange', () => { if (!document.hidden) check() }, { signal })
  window.addEventListener('storage', event => {
    if (keptAnswers.isKey(event.key) && event.newValue === null) check()
  }, { signal })
})

// Asks for the pairs of the open batch that have no answer yet. The answers so far stay on this
// device, so that a reload or a break loses none of them.
async function labelBatch() {
  const opening = call('POST', '/v1/batches', { idempotencyKey: randomKey() })
  const { batch, items, look_s: lookS, ties } = await waitFor(opening, 'We keep trying to get your pairs.')
  const kept = keptAnswers.get()
  const answers = kept?.batch === batch ? kept.answers : []
  const pictures = items.map((item, i) => i < answers.length ? null : loadPictures(item))
  const labeling = new AbortController(), elsewhere = answeredElsewhere(batch, labeling.signal)
  elsewhere.then(() => labeling.abort())
  $('question').textContent = 'Which picture fits these words better?'
  for (let i = answers.length; i < items.length; i++) {
    const [left, right] = await waitFor(pictures[i], 'The pictures are on their way.')
    showSection('pair', false)
    showProgress(`Pair ${i + 1} of ${items.length}`, i, items.length)
    const next = i + 1 === items.length ? 'Finish' : 'Next'
    const asked = askPair({ prompt: items[i].prompt, faces: { left, right }, lookS, next, ties })
    const answer = await Promise.race([asked, elsewhere])
    for (const picture of [left, right]) URL.revokeObjectURL(picture.src)
    if (!answer) {
      closePair()
      return tellAnswered()
    }
    answers.push({ item: items[i].item, ...answer })
    keptAnswers.set({ batch, answers, isComplete: answers.length === items.length })
  }
  labeling.abort()
  return sendAnswers({ batch, answers })
}

// Answers stay on this device until the service has them, even if the page is closed. Resolves to
// null if they came too late.
async function sendAnswers({ batch, answers }) {
  const sending = call('POST', `/v1/batches/${batch}/answers`, { body: { answers } })
  try {
    const reply = await waitFor(sending, 'Your answers are kept on this device and sent as soon as there is a connection.')
    keptAnswers.clear()
    return reply
  } catch (error) {
    if (error.status !== 401) keptAnswers.clear()  // without a session they wait for the next one
    if (!ANSWERED_BEFORE.includes(error.kind)) throw error
    return tellAnswered()
  }
}

async function tellAnswered() {
  keptAnswers.clear()
  await showNote(...ELSEWHERE)
  return null
}

// Resolves to why the game ends, or to null if the player continues.
async function pay({ reward, level, levels, labels, state }) {
  const text = `${labels} pairs labeled so far. All players start at the same level. Later it follows how often you were right before.`
  const canContinue = state === 'active'
  const wantsMore = await showReward({ reward, level: level + 1, levels: levels + 1, text, canContinue })
  if (!canContinue) return state
  return wantsMore ? null : 'done'
}

async function play() {
  const entry = await waitFor(openSession(), 'We keep trying to reach the service.')
  if (entry.state !== 'active') return entry.state
  if (entry.consented) offerTimes(entry.times)
  else {
    if (!introductionDone.get()) await introduction()
    if (!await askConsent()) return 'declined'
  }
  for (;;) {
    const kept = keptAnswers.get()
    const reply = await (kept?.isComplete ? sendAnswers(kept) : labelBatch())
    const reason = reply && await pay(reply)
    if (reason) return reason
  }
}

run(play, ENDS)
