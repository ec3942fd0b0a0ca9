// The play activity's part of the operator's page, see the service's operator.js.
export function lines(play, format) {
  if (play === null) return []
  const { sessions, done, episodes, frames, now, comments } = play
  return [
    ['Play sessions', format.count(sessions), `${format.count(done)} with all requirements met`],
    ['Episodes', format.count(episodes), `${format.count(frames)} frames`],
    ['Playing now', format.count(now.players), `${format.count(now.games)} games, ${format.count(now.waiting)} waiting, in this process`],
    ['Comments', format.count(comments.feedback), `and ${format.count(comments.problem)} problem reports`],
  ]
}

export function addActions(add, play, request) {
  if (play === null) return
  const calls = `/v1/play/games/${encodeURIComponent(play.game)}`
  const download = async name => {
    const reply = await request(`${calls}/${name}`), table = await reply.text(), link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([table], { type: 'text/csv' }))
    link.download = `${name}.csv`
    link.click()
    return table
  }
  let last = 0  // the last payment of the list that was downloaded: later ones are not in it
  add('Payments', async () => { last = Math.max(0, ...(await download('payments')).split('\n').slice(1).map(line => parseInt(line) || 0)) })
  add('Payments made', () => {
    if (!last) alert('Download the payments and pay them first.')
    else if (confirm(`Are payments up to number ${last} made? Their ids are deleted.`)) {
      request(`${calls}/payments/${last}/settled`, 'PUT').then(() => alert(`Payments up to number ${last} are noted as made.`))
    }
  })
  add('Comments', () => download('comments'))
}
