// Points where a picture is wrong: a tap sets one. By keyboard, arrow keys move a cross and Enter
// sets a point.
import { $, announce } from '../frame.js'
import { make, viewOf } from './element.js'

const MOVE = 0.05, SMALL_MOVE = 0.01, MOST = 50
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const percent = share => `${Math.round(100 * share)} %`
const describe = ([x, y]) => `${percent(x)} from the left, ${percent(y)} from the top`
const limited = share => Math.min(1, Math.max(0, share))

function put(mark, [x, y]) {
  mark.style.left = `${100 * x}%`
  mark.style.top = `${100 * y}%`
}

export function regions({ step, faces, changed, initial }) {
  const number = step.pictures[0], points = [...initial?.points ?? []]
  let cross = [0.5, 0.5]
  const attributes = {
    role: 'application', 'aria-label': `Picture ${number + 1}. Arrow keys move a cross, Enter sets a point.`,
    'aria-describedby': 'hint',
  }
  const view = viewOf(faces[number], '', 'div', { tabIndex: 0, className: 'view target', attributes })
  const marks = make('div', { attributes: { 'aria-hidden': 'true' } })
  const crossMark = make('i', { className: 'cross', attributes: { 'aria-hidden': 'true' } })
  view.append(marks, crossMark)
  const list = make('ol', { className: 'points' }), none = make('p', { textContent: 'No points yet.' })

  function update() {
    marks.replaceChildren(...points.map((point, i) => {
      const mark = make('i', { className: 'mark', textContent: String(i + 1) })
      put(mark, point)
      return mark
    }))
    list.replaceChildren(...points.map((point, i) => {
      const button = make('button', { type: 'button', className: 'plain', textContent: `${i + 1} ✕`,
        attributes: { 'aria-label': `Remove point ${i + 1}, ${describe(point)}` } })
      button.addEventListener('click', () => { points.splice(i, 1); update(); changed(); view.focus(); announce(`Point ${i + 1} is removed.`) })
      return make('li', {}, button)
    }))
    none.hidden = points.length > 0
    put(crossMark, cross)
  }

  function add(point) {
    if (points.length === MOST) return
    points.push(point.map(share => Math.round(1e4 * share) / 1e4))
    update()
    changed()
    announce(`Point ${points.length}: ${describe(point)}.`)
  }

  view.addEventListener('click', event => {
    const box = view.querySelector('img').getBoundingClientRect()
    const point = [limited((event.clientX - box.left) / box.width), limited((event.clientY - box.top) / box.height)]
    cross = point
    add(point)
  })
  view.addEventListener('keydown', event => {
    const move = MOVES[event.key]
    if (move) {
      const length = event.shiftKey ? SMALL_MOVE : MOVE
      cross = cross.map((share, axis) => limited(share + length * move[axis]))
      put(crossMark, cross)
      announce(describe(cross))
    } else if (event.key === 'Enter' || event.key === ' ') add(cross)
    else if (event.key === 'Backspace' && points.length) { points.pop(); update(); changed(); announce('The last point is removed.') }
    else return
    event.preventDefault()
  })
  $('stage').replaceChildren(view)
  $('panel').replaceChildren(none, list)
  const form = {
    hint: 'Tap each place that is wrong, or none. Press its number to remove one.',
    read: () => ({ points: [...points] }),
  }
  update()
  return form
}
