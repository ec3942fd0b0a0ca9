// The labeling game's part of the operator's page, see the service's operator.js.
export function lines({ pool, batches, labels, accuracy, comparison_share, alpha, cost_usd }, format) {
  if (pool === null) return []
  const interval = alpha && `${alpha.low.toFixed(2)} to ${alpha.high.toFixed(2)}, ${alpha.n} pairs`
  return [
    ['Batches', format.count(batches), `${format.count(labels)} labels`],
    ['Accuracy', format.percent(accuracy), 'of comparison points'],
    ['Comparison points', format.percent(comparison_share), 'of labels'],
    ['Alpha', alpha ? alpha.value.toFixed(2) : '–', interval ?? 'no pair has two labels'],
    ['Opportunity cost', `$${cost_usd.toFixed(2)}`, 'of advertisements'],
  ]
}

export function addActions(add, { pool }, request) {
  if (pool === null) return
  add('Export the pool', async () => {
    const reply = await request(`/v1/pools/${encodeURIComponent(pool)}/export`)
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await reply.blob())
    link.download = `${pool}.zip`
    link.click()
  })
}
