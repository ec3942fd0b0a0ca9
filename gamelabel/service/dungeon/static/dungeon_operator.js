// The teaching game's part of the operator's page, see the service's operator.js.
const STAGES = { preparing: 'the dragon is being trained', between: 'no round is open', open: 'open', training: 'models are trained', closed: 'to be published', finished: 'all rounds are over' }

export function lines({ teachers, stage, number, seconds_left: left, done, total, failure }, format) {
  const clock = stage === 'open' ? `, ${Math.max(0, Math.round(left / 60))} min left` : ''
  const progress = stage === 'training' && total ? `, ${done} of ${total} models tested` : ''
  return [
    ['Teachers', format.count(teachers), ''],
    ['Round', format.count(number), `${STAGES[stage]}${clock}${progress}`],
    ...(failure ? [['Last training', 'failed', failure]] : []),
  ]
}

export function addActions(add, _, request) {
  const post = path => async () => {
    const reply = await request(`/v1/dungeon/${path}`, 'POST')
    if (!reply.ok) alert((await reply.json()).detail)
  }
  add('Open the next round', post('rounds'))
  add('Close the round', post('rounds/close'))
  add('Publish its scores', post('rounds/publish'))
  add('Export the examples', async () => {
    const reply = await request('/v1/dungeon/export')
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await reply.blob())
    link.download = 'descent.zip'
    link.click()
  })
}
