// Annotation: introduction, consent, examples and a test if there is one, then one prompt after the
// other, each with a reward. Every answer is stored by the service before the next question.
import { call } from '../wire.js'
import { run, showNote, showProgress, showReward, waitFor } from '../frame.js'
import { enter } from './enter.js'
import { forgetPictures, loadPictures } from './load_pictures.js'
import { showExamples, showFeedback, showTest } from './qualify.js'
import { askStep } from './step_view.js'

const ENDS = {
  finished: ['You have annotated all there is', 'There is nothing new for you right now. Thank you!'],
  left: ['See you later', 'Your answers so far are stored. You can go on where you stopped.'],
  unqualified: ['Thank you for trying', 'Your answers differ too often from those that we expect, so this work is not for you. The game goes on as before.'],
  removed: ['Thank you', 'We do not need more answers from you. You keep what you earned. You can watch advertisements in the game instead.'],
  inspector: ['This page is for annotators', 'You are an inspector: open the page for inspectors.'],
}
const ELSEWHERE = ['This is answered already', 'You answered it in another window or on another device. The first answer counts.']
const KEPT = 'Your answer is kept here and sent as soon as there is a connection.'

// Asks the steps that are not answered, or all of them again if an inspector returned them.
// Resolves to the last reply.
async function answerSteps(item, faces) {
  let reply = null
  const steps = item.steps.filter(step => item.returned || !step.is_answered)
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]
    const place = `${item.steps.length - steps.length + i + 1} of ${item.steps.length}`
    showProgress(item.is_question ? `Test: ${place}` : `Question ${place}`)
    const next = i + 1 === steps.length ? 'Finish' : 'Next'
    const remark = item.returned && `Returned by an inspector: ${item.returned}`
    const skip = i && !item.is_question ? 'Back' : ''
    const answered = await askStep({ item, step, faces, next, initial: step.answer, remark, skip })
    if (!answered) {
      i -= 2
      continue
    }
    const path = `/v1/annotation/items/${item.item}/steps/${step.number}`
    const body = { ...answered, replaces: step.is_answered }
    reply = await waitFor(call('PUT', path, { body }), KEPT)
    Object.assign(step, { answer: answered.answer, is_answered: true })
    if (reply.feedback) await showFeedback({ item, step, faces, feedback: reply.feedback })
  }
  return reply
}

async function answerAgain(item, faces) {
  await showNote('Please look at this again', `An inspector returned your answers about “${item.prompt}”: ${item.returned}`)
  await answerSteps(item, faces)
  await waitFor(call('PUT', `/v1/annotation/items/${item.item}/answered-again`), KEPT)
}

// Resolves to the reply to the last answer of a prompt, or to null if it has no reward.
async function annotatePrompt() {
  const item = await waitFor(call('POST', '/v1/annotation/items'), 'We keep trying to get your pictures.')
  const address = `/v1/annotation/items/${item.item}`
  const faces = await waitFor(loadPictures(address, item.pictures), 'The pictures are on their way.')
  try {
    if (item.returned) { await answerAgain(item, faces); return null }
    const reply = await answerSteps(item, faces)
    if (item.is_question) { await showTest(reply?.test); return null }
    return reply
  } catch (error) {
    if (error.kind !== 'answered') throw error
    await showNote(...ELSEWHERE)
    return null
  } finally { forgetPictures(faces) }
}

async function annotate() {
  const state = await enter()
  if (state !== 'active') return state
  await showExamples()
  for (;;) {
    const reply = await annotatePrompt()
    if (!reply?.reward) continue
    const text = `You have answered all questions about ${reply.prompts} ${reply.prompts === 1 ? 'text' : 'texts'} so far.`
    if (!await showReward({ reward: reply.reward, text })) return 'done'
  }
}

run(annotate, ENDS)
