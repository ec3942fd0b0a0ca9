// The annotation's part of the operator's page, see the service's operator.js.
const REASONS = { confidence: 'by confidence', quorum: 'by quorum', maximum: 'at the maximum' }

function enough({ annotators, closed }, format) {
  if (!closed) return `annotated by ${annotators} ${annotators === 1 ? 'person' : 'people'}`
  const reasons = Object.keys(REASONS).filter(reason => closed[reason])
  const counts = reasons.map(reason => `${format.count(closed[reason])} ${REASONS[reason]}`)
  return `need no more people${counts.length ? `: ${counts.join(', ')}` : ''}`
}

const BETWEEN = { annotators: 'two annotators', inspectors: 'annotator and inspector', decisions: 'answer and inspection' }

function qualityLines({ agreement, decisions, waiting, qualified, failed, known_right, known_answers }, format) {
  const { accepted = 0, corrected = 0, returned = 0 } = decisions
  return [
    ['Qualified', format.count(qualified), `people; ${failed} failed a try and have not passed`],
    ['Known answers', known_answers ? format.percent(known_right / known_answers) : '–', `right, of ${format.count(known_answers)}`],
    ['Inspections', format.count(accepted + corrected + returned), `${accepted} accepted, ${corrected} corrected, ${returned} returned; ${waiting} wait`],
    ...agreement.map(({ kind, between, agreement: share, low, high, pairs }) => [
      `Agreement: ${kind}`, format.percent(share),
      `${BETWEEN[between]}, ${format.percent(low)} to ${format.percent(high)}, ${format.count(pairs)} pairs`,
    ]),
  ]
}

function alphaLine({ task, value, low, high, n }, format) {
  return [`Alpha: ${task}`, value.toFixed(2), `${low.toFixed(2)} to ${high.toFixed(2)}, ${format.count(n)} questions`]
}

export function lines({ prompts, annotated, answers, alpha, quality, ...stopping }, format) {
  return [
    ['Prompts', format.count(annotated), `of ${format.count(prompts)} ${enough(stopping, format)}`],
    ['Answers', format.count(answers), ''],
    ...alpha.map(row => alphaLine(row, format)),
    ...quality ? qualityLines(quality, format) : [],
  ]
}

export function addActions(add, _, request) {
  add('Export the answers', async () => {
    const reply = await request('/v1/annotation/export')
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await reply.blob())
    link.download = 'annotation.zip'
    link.click()
  })
}
