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
  const download = async (path, name) => {
    const reply = await request(path)
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await reply.blob())
    link.download = name
    link.click()
  }
  add('Payments', () => download(`/v1/play/games/${encodeURIComponent(play.game)}/payments`, 'payments.csv'))
  add('Comments', () => download(`/v1/play/games/${encodeURIComponent(play.game)}/comments`, 'comments.csv'))
}
