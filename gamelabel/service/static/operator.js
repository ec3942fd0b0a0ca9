// The operator's page: each game's figures, every five seconds. An activity's module `/static/NAME/NAME_operator.js` exports
// `lines(figures, format)`, rows of [name, value, note], and `addActions(add, figures, request)`,
// which adds buttons by `add(title, action)`.
import { $, keepShowing, request } from './operator_key.js'

const format = {
  count: n => n.toLocaleString('en'),
  percent: x => x === null ? '–' : `${(100 * x).toFixed(1)} %`,
}
const activities = await Promise.all(document.documentElement.dataset.activities.split(' ')
  .map(async name => ({ name, ...await import(`/static/${name}/${name}_operator.js`) })))

function lines(game) {
  const { active = 0, removed = 0, withdrawn = 0 } = game.players
  const { waiting, delivered, refused } = game.rewards
  const trouble = game.reward_trouble ? `; last: ${game.reward_trouble}` : ''
  return [
    ['Players', format.count(active + removed), `${removed} removed, ${withdrawn} withdrawn`],
    ...activities.flatMap(activity => activity.lines(game[activity.name], format)),
    ['Rewards', format.count(delivered?.n ?? 0), `${waiting?.n ?? 0} waiting, ${refused?.n ?? 0} refused${trouble}`],
  ]
}

function lineElement([name, value, note]) {
  const div = document.createElement('div'), small = document.createElement('small')
  const dt = div.appendChild(document.createElement('dt')), dd = div.appendChild(document.createElement('dd'))
  dt.textContent = name
  dd.textContent = value
  small.textContent = note
  dd.append(small)
  return div
}

function makeCard(game) {
  const article = $('game').content.firstElementChild.cloneNode(true)
  const pause = article.querySelector('.pause')
  pause.addEventListener('click', async () => {
    await request(`/v1/games/${encodeURIComponent(game.game)}/${pause.dataset.state}`, 'PUT')
    refresh()
  })
  const add = (title, action) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = title
    button.addEventListener('click', action)
    pause.parentElement.append(' ', button)
  }
  for (const activity of activities) activity.addActions(add, game[activity.name], request)
  return $('games').appendChild(article)
}

const cards = new Map()
function showGame(game) {
  if (!cards.has(game.game)) cards.set(game.game, makeCard(game))
  const article = cards.get(game.game), pause = article.querySelector('.pause')
  article.querySelector('h2').textContent = `${game.title}${game.closed ? ' (closed)' : game.paused ? ' (paused)' : ''}`
  article.querySelector('dl').replaceChildren(...lines(game).map(lineElement))
  pause.textContent = game.paused ? 'Resume' : 'Pause'
  pause.dataset.state = game.paused ? 'running' : 'paused'
}

const refresh = keepShowing('/v1/figures', games => games.forEach(showGame))
