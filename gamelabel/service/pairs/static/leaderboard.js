// The leaderboard of an arena: the ranking with intervals, and how often each model won against each.
import { $, keepShowing } from '../operator_key.js'

const percent = x => `${(100 * x).toFixed(x > 0.995 && x < 1 ? 1 : 0)} %`
const count = n => n.toLocaleString('en')
const make = (name, text = '', className = '') => {
  const element = document.createElement(name)
  element.textContent = text
  element.className = className
  return element
}
const header = (text, scope) => Object.assign(make('th', text), { scope })

function verdict({ votes, order_confidence: sure, goal, end, most_votes: most, connected }) {
  const asked = `${count(votes)} votes so far.`
  if (end === 'decided') return `The order is decided: with ${count(votes)} votes it is right with a probability of at least ${percent(sure)}. No more votes are asked for.`
  if (end === 'most votes') return `All ${count(most)} votes are there, and the order is not decided: it is right with a probability of at least ${percent(sure)}; the goal is ${percent(goal)}.`
  if (!votes) return 'There are no votes yet.'
  if (!connected) return `${asked} The order is open: some models have not been compared yet.`
  return `${asked} The order is open: it is right with a probability of at least ${percent(sure)}, and votes are asked for until that is ${percent(goal)}.`
}

const bar = ({ ability, low, high }) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 100 16')
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('aria-hidden', 'true')
  const part = (name, attributes) => {
    const shape = svg.appendChild(document.createElementNS(svg.namespaceURI, name))
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value)
  }
  part('rect', { class: 'middle', x: 49.75, width: 0.5, y: 0, height: 16 })
  part('rect', { class: 'interval', x: 100 * low, width: Math.max(100 * (high - low), 0.5), y: 5, height: 6, rx: 1 })
  part('rect', { class: 'point', x: 100 * ability - 0.75, width: 1.5, y: 2, height: 12 })
  return svg
}

function rankRow({ rank, rank_low: best, rank_high: worst, model, chance, votes }) {
  const row = document.createElement('tr')
  row.append(make('td', best === worst ? `${rank}` : `${rank} (${best}–${worst})`), header(model, 'row'))
  const cell = row.appendChild(make('td')).appendChild(make('div', '', 'chance'))
  cell.append(make('span', `${percent(chance.ability)} (${percent(chance.low)} to ${percent(chance.high)})`), bar(chance))
  row.append(make('td', count(votes), 'number'))
  return row
}

function showMatrix(models, wins) {
  const cells = new Map(wins.map(cell => [`${cell.first}\n${cell.second}`, cell]))
  const top = document.createElement('tr')
  top.append(make('td'), ...models.map(model => header(model, 'col')))
  $('matrix').tHead.replaceChildren(top)
  $('matrix').tBodies[0].replaceChildren(...models.map(first => {
    const row = document.createElement('tr')
    row.append(header(first, 'row'), ...models.map(second => {
      const cell = cells.get(`${first}\n${second}`), td = make('td', cell ? percent(cell.wins) : first === second ? '' : '–', 'number')
      if (cell) {
        td.append(make('small', `of ${count(cell.votes)}`))
        td.classList.add(cell.low > 0.5 ? 'wins' : cell.high < 0.5 ? 'loses' : 'even')
        td.title = `95% interval: ${percent(cell.low)} to ${percent(cell.high)}`
      }
      return td
    }))
    return row
  }))
}

function sides({ left_chance: left, tie_chance: tie }) {
  const range = ({ value, low, high }) => `${percent(value)} (${percent(low)} to ${percent(high)})`
  const ofSide = left ? `Between equal models the left picture wins ${range(left)} of the votes that decide.` : 'The votes do not show yet whether a side is favored.'
  return `${ofSide} ${tie ? `Equal models tie in ${range(tie)} of the votes.` : 'There are no ties.'}`
}

function show(board) {
  $('board').hidden = false
  $('verdict').textContent = verdict(board)
  $('verdict').className = board.end || 'open'
  $('warning').hidden = !board.separation || !board.votes
  $('warning').textContent = board.separation
  $('ranking').tBodies[0].replaceChildren(...board.rows.map(rankRow))
  showMatrix(board.rows.map(row => row.model), board.wins)
  $('sides').textContent = sides(board)
}

keepShowing(`/v1/pools/${encodeURIComponent(document.documentElement.dataset.pool)}/leaderboard`, show)
