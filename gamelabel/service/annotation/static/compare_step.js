// A pair of pictures: one of them is chosen, by a tap or by the keys 1 and 2.
import { $ } from '../frame.js'
import { viewOf } from './element.js'

export function compare({ step, faces, changed, initial }) {
  let chosen = null
  const buttons = step.pictures.map((number, i) => {
    const attributes = { 'aria-pressed': 'false', 'aria-keyshortcuts': String(i + 1), 'data-number': String(i + 1) }
    const button = viewOf(faces[number], `Picture ${i + 1}`, 'button', { type: 'button', attributes })
    button.addEventListener('click', () => choose(i))
    return button
  })
  function mark(i) {
    chosen = step.pictures[i]
    for (const [j, button] of buttons.entries()) button.setAttribute('aria-pressed', String(j === i))
  }
  function choose(i) {
    mark(i)
    changed()
  }
  $('stage').replaceChildren(...buttons)
  if (initial) mark(step.pictures.indexOf(initial.chosen))
  return {
    hint: 'Choose one. You can change your mind before you go on.',
    read: () => chosen === null ? null : { chosen },
    press(event) { if (event.key === '1' || event.key === '2') choose(Number(event.key) - 1) },
  }
}
