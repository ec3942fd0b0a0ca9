// Before the work: worked examples with their answers, and what the test says about each answer.
import { call } from '../wire.js'
import { announce, showNote, showProgress, waitFor } from '../frame.js'
import { describeAnswer } from './describe_answer.js'
import { forgetPictures, loadPictures } from './load_pictures.js'
import { askStep } from './step_view.js'

const sentence = text => text.charAt(0).toUpperCase() + text.slice(1)

// Shows the right answer to a question in words and in its form, until the person goes on.
function showAnswer({ item, step, faces, answer, why, title, skip = '' }) {
  const remark = `${title}: ${describeAnswer(answer, { item, step })}.\n${sentence(why)}`
  announce(remark)
  return askStep({ item, step, faces, next: 'Next', initial: answer, isFixed: true, remark, skip })
}

export async function showExamples() {
  const examples = await waitFor(call('GET', '/v1/annotation/examples'), 'We keep trying to get the examples.')
  const total = examples.reduce((n, { steps }) => n + steps.length, 0)
  let shown = 0
  for (const item of examples) {
    const faces = await waitFor(loadPictures(`/v1/annotation/examples/${item.example}`, item.pictures), 'The pictures are on their way.')
    try {
      for (const step of item.steps) {
        showProgress(`Example ${++shown} of ${total}`)
        const { answer, why } = step
        if (!await showAnswer({ item, step, faces, answer, why, title: 'Right answer', skip: 'Skip' })) return
      }
    } finally { forgetPictures(faces) }
  }
}

export const showFeedback = ({ item, step, faces, feedback }) => showAnswer({
  item, step, faces, answer: feedback.answer, why: feedback.why,
  title: feedback.is_right ? 'Your answer is right. The answer that we expect' : 'Not quite. The right answer',
})

// What the test says after one of its questions; null in between.
export async function showTest(test) {
  if (test?.passed) await showNote('You have passed', 'Now the work begins. Every text that you finish is paid.')
  else if (test?.passed === false && test.tries_left) {
    const tries = test.tries_left === 1 ? 'one more try' : `${test.tries_left} more tries`
    await showNote('Not passed this time', `You have ${tries}, with other questions. The examples come first again.`)
    await showExamples()
  }
}
