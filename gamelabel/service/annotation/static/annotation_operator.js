// The annotation's part of the operator's page, see the service's operator.js.
const REASONS = { confidence: 'by confidence', quorum: 'by quorum', maximum: 'at the maximum' }

function enough({ annotators, closed }, format) {
  if (!closed) return `annotated by ${annotators} people`
  const reasons = Object.keys(REASONS).filter(reason => closed[reason])
  const counts = reasons.map(reason => `${format.count(closed[reason])} ${REASONS[reason]}`)
  return `need no more people${counts.length ? `: ${counts.join(', ')}` : ''}`
}

export function lines({ prompts, annotated, answers, ...stopping }, format) {
  return [
    ['Prompts', format.count(annotated), `of ${format.count(prompts)} ${enough(stopping, format)}`],
    ['Answers', format.count(answers), ''],
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
