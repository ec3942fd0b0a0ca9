// The operator's figures, every five seconds. The key comes in the address's fragment and stays in this tab.
const $ = id => document.getElementById(id)
const key = location.hash.slice(1) || sessionStorage.getItem('operator') || ''
try { sessionStorage.setItem('operator', key) } catch { /* private window */ }
history.replaceState(null, '', '/')
const ask = (path, method = 'GET') => fetch(path, { method, headers: { Authorization: `Bearer ${key}` } })

const whole = n => n.toLocaleString('en')
const share = x => x === null ? '–' : `${(100 * x).toFixed(1)} %`

function lines(game) {
  const { active = 0, removed = 0, withdrawn = 0 } = game.players
  const alpha = game.alpha
  const { waiting, delivered, refused } = game.rewards
  return [
    ['Players', whole(active + removed), `${removed} removed, ${withdrawn} withdrawn`],
    ['Batches', whole(game.batches), `${whole(game.labels)} labels`],
    ['Accuracy', share(game.accuracy), 'of comparison points'],
    ['Comparison points', share(game.comparison_share), 'of labels'],
    ['Alpha', alpha ? alpha.value.toFixed(2) : '–', alpha ? `${alpha.low.toFixed(2)} to ${alpha.high.toFixed(2)}, ${alpha.n} points` : 'no point with two labels'],
    ['Opportunity cost', `$${game.cost_usd.toFixed(2)}`, 'of advertisements'],
    ['Rewards', whole(delivered?.n ?? 0), `${waiting?.n ?? 0} waiting, ${refused?.n ?? 0} refused`],
  ]
}

function line([name, value, about]) {
  const div = document.createElement('div'), small = document.createElement('small')
  const dt = div.appendChild(document.createElement('dt')), dd = div.appendChild(document.createElement('dd'))
  dt.textContent = name
  dd.textContent = value
  small.textContent = about
  dd.append(small)
  return div
}

async function save(pool) {
  const reply = await ask(`/v1/pools/${encodeURIComponent(pool)}/export`)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await reply.blob())
  link.download = `${pool}.zip`
  link.click()
}

const cards = new Map()
function card(game) {
  if (!cards.has(game.game)) {
    const article = $('game').content.firstElementChild.cloneNode(true)
    article.querySelector('.export').addEventListener('click', () => save(game.pool))
    article.querySelector('.pause').addEventListener('click', async event => {
      await ask(`/v1/games/${encodeURIComponent(game.game)}/${event.target.dataset.to}`, 'PUT')
      show()
    })
    cards.set(game.game, $('games').appendChild(article))
  }
  const article = cards.get(game.game), pause = article.querySelector('.pause')
  article.querySelector('h2').textContent = `${game.title}${game.paused ? ' (paused)' : ''}`
  article.querySelector('dl').replaceChildren(...lines(game).map(line))
  pause.textContent = game.paused ? 'Resume' : 'Pause'
  pause.dataset.to = game.paused ? 'running' : 'paused'
}

async function show() {
  try {
    const reply = await ask('/v1/figures')
    if (!reply.ok) throw new Error((await reply.json()).title)
    for (const game of await reply.json()) card(game)
    $('state').textContent = `As of ${new Date().toLocaleTimeString()}`
  } catch (error) { $('state').textContent = `No figures: ${error.message}` }
}

show()
setInterval(show, 5000)
