// A strategy map with coins, and two ways to earn them. The labeling page is in a frame, as any
// game would embed it.
const $ = id => document.getElementById(id)
const { service, game } = document.documentElement.dataset
const post = path => fetch(path, { method: 'POST' }).then(reply => reply.json())

// Shows the coins, as the backend counts them unless they are known, and returns them.
async function showCoins(coins) {
  coins ??= (await (await fetch('/coins')).json()).coins
  const before = Number($('coins').textContent)
  $('coins').textContent = coins
  if (coins > before) { $('purse').classList.remove('up'); void $('purse').offsetWidth; $('purse').classList.add('up') }
  return coins
}

// The map: hexagons in rows; a field is the player's, the opponent's or free.
const NS = 'http://www.w3.org/2000/svg', R = 30, W = Math.sqrt(3) * R
const LAND = ['  ngnn  ', ' nmmgnt ', ' gmmnntt', '  nmgntt', ' nngntt ', '  gnnt  ']
const FILL = { n: '#b9cf7d', g: '#7fae5f', m: '#4a7fd0', t: '#c8553d' }
const NAME = { n: 'Free field', g: 'Free forest', m: 'Your field', t: 'Their field' }
const fields = new Map()
const place = (r, c) => [(c + (r % 2) / 2 + .6) * W, (1.5 * r + 1.1) * R]
const addShape = (parent, name, attributes) => {
  const element = parent.appendChild(document.createElementNS(NS, name))
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  return element
}
const corners = (x, y, r) => Array.from({ length: 6 }, (_, i) => {
  const angle = Math.PI / 180 * (60 * i - 30)
  return `${(x + r * Math.cos(angle)).toFixed(1)},${(y + r * Math.sin(angle)).toFixed(1)}`
}).join(' ')

LAND.forEach((row, r) => [...row].forEach((kind, c) => {
  if (kind === ' ') return
  const [x, y] = place(r, c), group = addShape($('map'), 'g', { tabindex: 0, role: 'button' })
  addShape(group, 'polygon', { points: corners(x, y + 5, R), fill: '#0d2b3a', opacity: .45 })
  const land = addShape(group, 'polygon', { points: corners(x, y, R - .7), class: 'land' })
  if (kind === 'g') for (const [dx, dy] of [[-9, 5], [2, -3], [11, 7]]) addShape(group, 'path', { d: `M${x + dx} ${y + dy - 13}l8 15h-16z`, fill: '#39703f' })
  if (r === 1 && c === 2) addShape(group, 'path', { d: `M${x - 13} ${y + 11}v-20h6v5h4v-5h6v5h4v-5h6v20z`, fill: '#fff', stroke: '#26477c', 'stroke-width': 2 })
  if (r === 2 && c === 7) addShape(group, 'path', { d: `M${x - 13} ${y + 11}v-20h6v5h4v-5h6v5h4v-5h6v20z`, fill: '#ffe9e2', stroke: '#7a2b1b', 'stroke-width': 2 })
  fields.set(`${r},${c}`, { r, c, kind, land, group })
  const buy = () => buyField(`${r},${c}`)
  group.addEventListener('click', buy)
  group.addEventListener('keydown', event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); buy() } })
}))
const paint = () => fields.forEach(({ kind, land, group }) => { land.setAttribute('fill', FILL[kind]); group.setAttribute('aria-label', NAME[kind]) })
const neighbors = ({ r, c }) => [[0, -1], [0, 1], ...(r % 2 ? [[-1, 0], [-1, 1], [1, 0], [1, 1]] : [[-1, -1], [-1, 0], [1, -1], [1, 0]])]
  .map(([dr, dc]) => fields.get(`${r + dr},${c + dc}`)).filter(Boolean)

async function buyField(position) {
  const field = fields.get(position)
  if (field.kind === 'm') { $('news').textContent = 'This field is already yours.'; return }
  if (!neighbors(field).some(({ kind }) => kind === 'm')) { $('news').textContent = 'That is too far away: take a field next to yours.'; return }
  if (await showCoins() < 20) { $('news').textContent = 'A field costs 20 coins. Earn some!'; $('earn').focus(); return }
  field.kind = 'm'
  await showCoins((await post('/fields')).coins)
  $('news').textContent = 'Taken!'
  paint()
}

// Earning coins.
$('earn').addEventListener('click', () => $('choice').showModal())
$('not-now').addEventListener('click', () => $('choice').close())
$('ad').addEventListener('click', async () => {
  $('choice').close()
  $('showing').showModal()
  for (let s = 0; s <= 5; s++) { $('watched').value = s; await new Promise(done => setTimeout(done, 1000)) }
  $('showing').close()
  await showCoins((await post('/advertisements')).coins)
})

// The page says when it has started. If it does not, the player is told and can go on.
const START_MS = 10000
let frame = null, started = null
function giveUp() {
  $('frame').close()
  $('news').textContent = 'Labeling cannot be reached right now. Try again later, or watch an advertisement.'
}
$('label').addEventListener('click', async () => {
  $('choice').close()
  const { launch } = await post('/launches')
  frame = document.createElement('iframe')
  frame.title = 'Label pictures'
  frame.src = `${service}/play/${game}#${launch}`
  $('frame').replaceChildren(frame)
  $('frame').showModal()
  started = setTimeout(giveUp, START_MS)
})
$('frame').addEventListener('close', () => { clearTimeout(started); frame?.remove(); frame = null })

// Messages from the frame. They change no coins: only the signed reward to the backend pays.
window.addEventListener('message', async event => {
  if (event.origin !== service || event.source !== frame?.contentWindow) return
  const { type, reason, amount } = event.data
  if (type === 'gamelabel:ready') clearTimeout(started)
  if (type === 'gamelabel:launch') frame.contentWindow.postMessage({ type, launch: (await post('/launches')).launch }, service)
  if (type === 'gamelabel:close') {
    $('frame').close()
    if (['removed', 'withdrawn'].includes(reason)) $('label').hidden = true
  }
  if (type === 'gamelabel:reward') {
    const before = Number($('coins').textContent)
    for (let i = 0; i < 20 && await showCoins() < before + amount; i++) await new Promise(done => setTimeout(done, 250))
  }
})

paint()
const { x, y, width, height } = $('map').getBBox()
$('map').setAttribute('viewBox', `${x - 4} ${y - 4} ${width + 8} ${height + 8}`)
showCoins()
