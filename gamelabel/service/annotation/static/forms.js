// The kinds of tasks whose answers are fields of a form.
import { $ } from '../frame.js'
import { make, viewOf } from './element.js'

const RATINGS = { overall: 'Overall', alignment: 'Fits the words', fidelity: 'Quality of the picture' }
const HIGHEST = 7

function showPicture({ step, faces }) {
  const number = step.pictures[0]
  $('stage').replaceChildren(viewOf(faces[number], `Picture ${number + 1}`))
}

export function rate(asked) {
  showPicture(asked)
  const ratings = { ...asked.initial }
  const choose = (name, value) => { ratings[name] = value; asked.changed() }
  const groups = Object.entries(RATINGS).map(([name, text]) => scale(name, text, ratings[name], value => choose(name, value)))
  $('panel').replaceChildren(...groups.map(group => group.fieldset))
  const groupWithFocus = () => {
    const index = groups.findIndex(group => group.fieldset.contains(document.activeElement))
    return index < 0 ? 0 : index
  }
  return {
    hint: '1 is the worst, 7 the best.',
    read: () => Object.keys(ratings).length === groups.length ? { ...ratings } : null,
    press(event) {
      const value = Number(event.key)
      if (!(value >= 1 && value <= HIGHEST)) return
      const index = groupWithFocus(), { inputs } = groups[index]
      inputs[value - 1].checked = true
      choose(inputs[0].name, value)
      const following = groups[index + 1]
      const input = following?.inputs.find(each => each.checked) ?? following?.inputs[0]
      if (input) input.focus()
      else inputs[value - 1].focus()
    },
  }
}

function scale(name, text, chosen, choose) {
  const inputs = Array.from({ length: HIGHEST }, (_, i) => {
    const input = make('input', { type: 'radio', name, value: String(i + 1), checked: i + 1 === chosen })
    input.addEventListener('change', () => choose(i + 1))
    return input
  })
  const boxes = inputs.map(input => make('label', { className: 'step' }, input, make('span', { textContent: input.value })))
  const row = make('div', { className: 'steps' }, ...boxes)
  return { inputs, fieldset: make('fieldset', {}, make('legend', { textContent: text }), row) }
}

const choice = (input, text) => make('label', { className: 'check' }, input, make('span', { textContent: text }))

export function issues(asked) {
  showPicture(asked)
  const ticked = asked.initial?.issues ?? []
  const boxes = asked.step.options.map(({ name, text }) => {
    return { name, text, input: make('input', { type: 'checkbox', name, checked: ticked.includes(name) }) }
  })
  $('panel').replaceChildren(...boxes.map(({ input, text }) => choice(input, text)))
  return {
    hint: 'Tick all that it has. If it has none, go on.',
    read: () => ({ issues: boxes.filter(box => box.input.checked).map(box => box.name) }),
  }
}

export function words(asked) {
  showPicture(asked)
  const marked = asked.initial?.words ?? []
  const buttons = asked.item.words.map((word, i) => {
    const attributes = { 'aria-pressed': String(marked.includes(i)) }
    const button = make('button', { type: 'button', className: 'word', textContent: word, attributes })
    button.addEventListener('click', () => {
      button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') === 'false'))
    })
    return button
  })
  $('panel').replaceChildren(make('div', { className: 'words', dir: 'auto' }, ...buttons))
  return {
    hint: 'Press each word that it does not show. If it shows all, go on.',
    read: () => ({ words: buttons.flatMap((button, i) => button.getAttribute('aria-pressed') === 'true' ? [i] : []) }),
  }
}

export function categorise({ step, changed, initial }) {
  let category = initial?.category ?? null
  const options = step.options.map(({ name, text }) => {
    const input = make('input', { type: 'radio', name: 'category', value: name, checked: name === category })
    input.addEventListener('change', () => { category = name; changed() })
    return choice(input, text)
  })
  const problematic = make('input', { type: 'checkbox', checked: initial?.problematic ?? false })
  const legend = make('legend', { className: 'visually-hidden', textContent: step.question })
  $('panel').replaceChildren(
    make('fieldset', { className: 'categories' }, legend, ...options),
    choice(problematic, 'These words ask for something harmful or offensive'),
  )
  return {
    hint: 'Choose the one that fits best.',
    read: () => category === null ? null : { category, problematic: problematic.checked },
  }
}
