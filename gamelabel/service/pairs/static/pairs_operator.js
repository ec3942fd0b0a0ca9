// The labeling game's part of the operator's page, see the service's operator.js.
export function lines({ pool, batches, labels, accuracy, comparison_share, alpha, cost_usd, arena }, format) {
  if (pool === null) return []
  const interval = alpha && `${alpha.low.toFixed(2)} to ${alpha.high.toFixed(2)}, ${alpha.n} pairs`
  return [
    ['Batches', format.count(batches), `${format.count(labels)} labels`],
    ['Accuracy', format.percent(accuracy), 'of comparison points'],
    ['Comparison points', format.percent(comparison_share), 'of labels'],
    ['Alpha', alpha ? alpha.value.toFixed(2) : '–', interval ?? 'no pair has two labels'],
    ['Opportunity cost', `$${cost_usd.toFixed(2)}`, 'of advertisements'],
    ...(arena ? arenaLines(arena, format) : []),
  ]
}

const ENDS = { decided: 'the order is decided', 'most votes': 'all votes are there', '': 'votes are asked for' }
const arenaLines = ({ models, votes, order_confidence, goal, end, first }, format) => [
  ['Models', format.count(models), `${format.count(votes)} votes; ${ENDS[end]}`],
  ['Order', format.percent(order_confidence), `sure, ${format.percent(goal)} is the goal; first: ${first ?? '–'}`],
]

export function addActions(add, { pool, arena }, request) {
  if (pool === null) return
  if (arena) add('Leaderboard', () => { location.href = `/leaderboards/${encodeURIComponent(pool)}` })
  add('Export the pool', async () => {
    const reply = await request(`/v1/pools/${encodeURIComponent(pool)}/export`)
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await reply.blob())
    link.download = `${pool}.zip`
    link.click()
  })
}
