// The labeling game: introduction, practice, consent, then batches of pairs, each with a reward.
import { call, introductionDone, openSession, randomKey, Refusal, unsentAnswers } from '../wire.js'
import { $, askConsent, connectionNotice, run, sendUnsent, showBusy, showProgress, showReward, showSection } from '../frame.js'
import { askPair } from './pair.js'
import { practice } from './practice.js'

const LOOK_S = Number(document.documentElement.dataset.look)
const PRAISE = ['Keep looking closely.', 'A fair start.', 'Good work.', 'Very good work.', 'Excellent work.']
const ENDS = {
  removed: ['Thank you for trying', 'Too many known answers were wrong, so you can no longer label. That happens. You keep all you earned, and you can still watch advertisements in the game.'],
  finished: ['You have seen all pairs', 'There are no more pictures for you right now. Thank you!'],
}

async function introduction() {
  for (const id of ['slide-1', 'slide-2', 'slide-3']) {
    showSection(id)
    await new Promise(done => $(id).querySelector('button').addEventListener('click', done, { once: true }))
  }
  showSection('pair', false)
  $('question').textContent = 'Practice: which one fits the words?'
  await practice(LOOK_S, showProgress)
  showProgress()
}

async function loadPicture(name) {
  const picture = new Image()
  const notice = connectionNotice('The pictures are on their way.')
  picture.src = URL.createObjectURL(await call('GET', `/v1/pictures/${name}`, { notice }))
  picture.alt = ''
  await picture.decode()
  return picture
}

async function labelBatch() {
  showBusy()
  const notice = connectionNotice('We keep trying.')
  const batch = await call('POST', '/v1/batches', { idempotencyKey: randomKey(), notice })
  const pictures = batch.items.map(item => ({ left: loadPicture(item.left), right: loadPicture(item.right) }))
  pictures.forEach(pair => Promise.allSettled(Object.values(pair)))
  const answers = []
  $('question').textContent = 'Which picture fits these words better?'
  for (const [i, item] of batch.items.entries()) {
    const [left, right] = [await pictures[i].left, await pictures[i].right]
    showSection('pair', false)
    showProgress(`Pair ${i + 1} of ${batch.items.length}`, i, batch.items.length)
    const next = i + 1 === batch.items.length ? 'Finish' : 'Next'
    const { choice, ms } = await askPair({ prompt: item.prompt, faces: { left, right }, lookS: batch.look_s, next })
    answers.push({ item: item.item, choice, ms })
    for (const picture of [left, right]) URL.revokeObjectURL(picture.src)
  }
  unsentAnswers.set({ path: `/v1/batches/${batch.batch}/answers`, body: { answers } })
  return sendUnsent()
}

// Resolves to why the game ends, or to null if the player continues.
async function pay({ reward, level, levels, labels, state }) {
  const text = `${PRAISE[level]} ${labels} pairs labeled so far.`
  const canContinue = state === 'active'
  const wantsMore = await showReward({ reward, stars: level + 1, maxStars: levels + 1, text, canContinue })
  if (!canContinue) return state
  return wantsMore ? null : 'done'
}

async function play() {
  const opening = openSession()
  if (!introductionDone.get()) {  // the introduction needs no session: it is shown at once, to those who may play
    const refused = opening.then(entry => entry.state === 'active' ? new Promise(() => {}) : null)
    await Promise.race([introduction().then(() => introductionDone.set(true)), refused])
  }
  const entry = await opening
  if (entry.state !== 'active') return entry.state
  if (!entry.consented && !await askConsent()) return 'declined'
  if (unsentAnswers.get()) {
    try {
      const reason = await pay(await sendUnsent())
      if (reason) return reason
    } catch (error) { if (!(error instanceof Refusal)) throw error }  // another player's, or answered before
  }
  for (;;) {
    const reason = await pay(await labelBatch())
    if (reason) return reason
  }
}

run(play, ENDS)
