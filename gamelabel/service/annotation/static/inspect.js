// Inspection: the answers of others, question by question, then a decision; some prompts are
// annotated without seeing the answers of others.
import { call } from '../wire.js'
import { $, announce, buttonPressed, run, showNote, showProgress, showSection, waitFor } from '../frame.js'
import { enter } from './enter.js'
import { forgetPictures, loadPictures } from './load_pictures.js'
import { askStep } from './step_view.js'

const ENDS = {
  left: ['See you later', 'What you decided is stored.'],
  inspector: ['This page is for inspectors', 'The project’s file does not name you as one.'],
}
const OVER = {
  decided: 'Another inspector has decided about these answers. The first decision counts.',
  gone: 'The person who answered has withdrawn, so these answers are deleted.',
  left: 'The person who answered takes no part any more: accept or correct the answers.',
}
const KEPT = 'What you did is kept here and sent as soon as there is a connection.'
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other)

async function annotateBlind(item, faces) {
  const steps = item.steps.filter(step => !step.is_answered)
  for (const [i, step] of steps.entries()) {
    showProgress(`Your own answer ${item.steps.length - steps.length + i + 1} of ${item.steps.length}`)
    const next = i + 1 === steps.length ? 'Finish' : 'Next'
    const answered = await askStep({ item, step, faces, next })
    const path = `/v1/annotation/items/${item.item}/steps/${step.number}`
    await waitFor(call('PUT', path, { body: answered }), KEPT)
  }
}

// Shows all answers, which can be changed; `answers` has the inspector's by the number of the step.
async function lookThrough(item, faces, answers) {
  const before = item.returned && `Returned before: ${item.returned}`
  for (const [i, step] of item.steps.entries()) {
    showProgress(`Answer ${i + 1} of ${item.steps.length}`)
    const initial = answers[step.number] ?? step.answer
    const answered = await askStep({ item, step, faces, next: 'Next', initial, remark: before, skip: 'Decide' })
    if (!answered) return
    answers[step.number] = answered.answer
  }
}

function changesOf(item, answers) {
  const changed = item.steps.filter(({ number, answer }) => number in answers && !isSame(answers[number], answer))
  return Object.fromEntries(changed.map(({ number }) => [number, answers[number]]))
}

function canReturn() { return $('reason').value.trim() !== '' }
$('reason').addEventListener('input', () => $('return').setAttribute('aria-disabled', String(!canReturn())))

// Resolves to a decision, or to null if the inspector wants to look again.
async function askDecision(item, corrections) {
  const n = Object.keys(corrections).length
  showProgress()
  $('changes').textContent = n ? `You changed ${n} of ${item.steps.length} answers.` : 'You changed nothing.'
  $('accept').textContent = n ? 'Store the corrections' : 'Accept the answers'
  showSection('decision')
  for (;;) {
    const pressed = await buttonPressed('accept', 'return', 'review')
    if (pressed === 'review') return null
    if (pressed === 'accept') return n ? { decision: 'corrected', corrections } : { decision: 'accepted' }
    if (canReturn()) return { decision: 'returned', reason: $('reason').value.trim() }
    announce('Write a reason first.')
    $('reason').focus()
  }
}

async function decide(item, faces) {
  const answers = {}
  $('reason').value = ''
  $('return').setAttribute('aria-disabled', 'true')
  for (;;) {
    await lookThrough(item, faces, answers)
    const decision = await askDecision(item, changesOf(item, answers))
    if (!decision) continue
    try {
      const body = { round: item.round, ...decision }
      await waitFor(call('PUT', `/v1/annotation/inspections/${item.item}`, { body }), KEPT)
      return
    } catch (error) {
      if (!(error.kind in OVER)) throw error
      await showNote(error.message, OVER[error.kind])
      if (error.kind !== 'left') return
    }
  }
}

const NOTHING = ['Nothing waits for you', 'All answers that were drawn for inspection are decided. New ones come as people annotate: go on to look again.']

async function inspectNext() {
  const item = await waitFor(call('POST', '/v1/annotation/inspections'), 'We keep trying to get the next answers.')
  const address = `/v1/annotation/${item.is_double ? 'items' : 'inspections'}/${item.item}`
  let faces = []
  try {
    faces = await waitFor(loadPictures(address, item.pictures), 'The pictures are on their way.')
    await (item.is_double ? annotateBlind : decide)(item, faces)
  } catch (error) {
    if (!(error.kind in OVER)) throw error
    await showNote(error.message, OVER[error.kind])
  } finally { forgetPictures(faces) }
}

async function inspect() {
  const state = await enter()
  if (state !== 'active') return state
  for (;;) {
    try { await inspectNext() } catch (error) {
      if (error.kind !== 'finished') throw error
      await showNote(...NOTHING)
    }
  }
}

run(inspect, ENDS)
