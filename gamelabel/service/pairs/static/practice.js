// Two practice pairs, drawn here: nobody is judged by them, and their pictures are never among the
// real ones.
import { askPair } from './pair.js'

const NS = 'http://www.w3.org/2000/svg'
const draw = shapes => {
  const svg = document.createElementNS(NS, 'svg')
  svg.setAttribute('viewBox', '0 0 64 64')
  for (const [name, at] of shapes) {
    const shape = svg.appendChild(document.createElementNS(NS, name))
    for (const [attribute, value] of Object.entries(at)) shape.setAttribute(attribute, value)
  }
  return svg
}
const circle = (x, y, r, fill) => ['circle', { cx: x, cy: y, r, fill }]
const square = (x, y, a, fill) => ['rect', { x: x - a, y: y - a, width: 2 * a, height: 2 * a, fill }]
const RED = '#d8392b', BLUE = '#2f66d0', GREEN = '#2b9348'

const PAIRS = [
  { prompt: 'a red circle', fits: 'right', left: [square(32, 34, 15, BLUE)], right: [circle(33, 31, 17, RED)] },
  { prompt: 'a green circle above a blue square', fits: 'left',
    left: [circle(31, 18, 10, GREEN), square(33, 46, 10, BLUE)], right: [square(32, 17, 10, BLUE), circle(32, 46, 10, GREEN)] },
]

export async function practice(lookS, showProgress) {
  for (const [i, pair] of PAIRS.entries()) {
    showProgress(`Practice ${i + 1} of ${PAIRS.length}`, i, PAIRS.length)
    await askPair({
      prompt: pair.prompt, lookS, next: 'Next', faces: { left: draw(pair.left), right: draw(pair.right) },
      isRight: choice => choice === pair.fits,
    })
  }
}
