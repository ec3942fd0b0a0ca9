// After a game: where the player is among all, as words and as a histogram.
const NS = 'http://www.w3.org/2000/svg'
const WIDTH = 240, HEIGHT = 72, GAP = 2

const ordinal = n => {
  const rest = n % 100
  const suffix = rest > 10 && rest < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'
  return `${n.toLocaleString('en')}${suffix}`
}

function bar(counts, i, own) {
  const rect = document.createElementNS(NS, 'rect')
  const width = WIDTH / counts.length, height = Math.max(counts[i] && 2, HEIGHT * counts[i] / Math.max(...counts))
  const at = { x: i * width + GAP / 2, y: HEIGHT - height, width: width - GAP, height, class: i === own ? 'own' : 'others' }
  for (const [name, value] of Object.entries(at)) rect.setAttribute(name, value)
  return rect
}

function histogram({ counts, own_bin: own, low_text: low, high_text: high }) {
  const figure = document.createElement('figure'), svg = document.createElementNS(NS, 'svg')
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', `Histogram of all players, from ${low} to ${high}; you are in bar ${own + 1} of ${counts.length}`)
  svg.append(...counts.map((_, i) => bar(counts, i, own)))
  const caption = document.createElement('figcaption')
  for (const text of [low, high]) caption.appendChild(document.createElement('span')).textContent = text
  figure.append(svg, caption)
  return figure
}

function place({ label, value_text: value, rank, n, percentile, counts, ...rest }) {
  const part = document.createElement('article'), title = part.appendChild(document.createElement('h2'))
  title.textContent = `${label}: ${value}`
  const words = part.appendChild(document.createElement('p'))
  if (n < 2) words.textContent = 'You are the first to play this.'
  else words.textContent = `${ordinal(rank)} of ${n.toLocaleString('en')} players; higher than ${Math.round(percentile)} % of the others.`
  if (counts.length) part.append(histogram({ counts, ...rest }))
  return part
}

export function showPlaces(element, places) { element.replaceChildren(...places.map(place)) }
