// The annotation's part of the operator's page, see the service's operator.js.
export function lines({ prompts, annotated, annotators, answers }, format) {
  return [
    ['Prompts', format.count(annotated), `of ${format.count(prompts)} annotated by ${annotators} people`],
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
