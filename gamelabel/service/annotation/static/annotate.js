// Annotation: introduction, consent, then one prompt after the other, each with a reward. Every
// answer is stored by the service before the next question is asked.
import { call, introductionDone, openSession } from '../wire.js'
import { askConsent, buttonPressed, offerTimes, run, showNote, showProgress, showReward, showSection, waitFor } from '../frame.js'
import { askStep } from './step_view.js'

const ENDS = {
  finished: ['You have annotated all there is', 'There is nothing new for you right now. Thank you!'],
  left: ['See you later', 'Your answers so far are stored. You can go on where you stopped.'],
}
const ELSEWHERE = ['This is answered already', 'You answered it in another window or on another device. The first answer counts.']

function loadPicture(path) {
  return call('GET', path, {
    async read(reply) {
      const picture = new Image()
      picture.src = URL.createObjectURL(await reply.blob())
      await picture.decode()
      return picture
    },
  })
}

function loadPictures({ item, pictures: n }) {
  const path = `/v1/annotation/items/${item}/pictures`
  return Promise.all(Array.from({ length: n }, (_, i) => loadPicture(`${path}/${i}`)))
}

// Resolves to the reply to the last answer of a prompt, or to null if another window was faster.
async function annotatePrompt() {
  const item = await waitFor(call('POST', '/v1/annotation/items'), 'We keep trying to get your pictures.')
  const faces = await waitFor(loadPictures(item), 'The pictures are on their way.')
  try {
    let reply = null
    for (const [i, step] of item.steps.entries()) {
      if (step.is_answered) continue
      showProgress(`Question ${i + 1} of ${item.steps.length}`)
      const next = i + 1 === item.steps.length ? 'Finish' : 'Next'
      const answered = await askStep({ item, step, faces, next })
      const sending = call('PUT', `/v1/annotation/items/${item.item}/steps/${i}`, { body: answered })
      reply = await waitFor(sending, 'Your answer is kept here and sent as soon as there is a connection.')
    }
    return reply
  } catch (error) {
    if (error.kind !== 'answered') throw error
    await showNote(...ELSEWHERE)
    return null
  } finally {
    for (const face of faces) URL.revokeObjectURL(face.src)
  }
}

async function annotate() {
  const entry = await waitFor(openSession(), 'We keep trying to reach the service.')
  if (entry.state !== 'active') return entry.state
  if (entry.consented) offerTimes(entry.times)
  else {
    if (!introductionDone.get()) {
      showSection('intro')
      await buttonPressed('begin')
      introductionDone.set(true)
    }
    if (!await askConsent()) return 'declined'
  }
  for (;;) {
    const reply = await annotatePrompt()
    if (!reply?.reward) continue
    const text = `You have answered all questions about ${reply.prompts} ${reply.prompts === 1 ? 'text' : 'texts'} so far.`
    if (!await showReward({ reward: reply.reward, text })) return 'done'
  }
}

run(annotate, ENDS)
