// Pictures into places: one picture is shown large; a number gives it its place, and the next one
// without a place follows. Pictures with the same place are a tie.
import { $, announce } from '../frame.js'
import { make, pictureOf, viewOf } from './element.js'

export function rank({ step, faces, changed, initial, isFixed }) {
  const n = step.pictures.length
  const places = step.pictures.map(number => placeOf(number, initial))
  let shown = 0

  const thumbs = step.pictures.map((number, i) => {
    const badge = make('b', { attributes: { 'aria-hidden': 'true' } })
    const thumb = make('button', { type: 'button', className: 'thumb' }, pictureOf(faces[number], ''), badge)
    thumb.addEventListener('click', () => show(i))
    return thumb
  })
  const buttons = Array.from({ length: n }, (_, i) => {
    const attributes = { 'aria-label': `Place ${i + 1}`, 'aria-keyshortcuts': String(i + 1) }
    const button = make('button', { type: 'button', className: 'place', textContent: String(i + 1), attributes })
    button.addEventListener('click', () => give(i + 1))
    return button
  })

  function update() {
    for (const [i, thumb] of thumbs.entries()) {
      const place = places[i]
      thumb.setAttribute('aria-pressed', String(i === shown))
      thumb.setAttribute('aria-label', `Picture ${i + 1}, ${place ? `place ${place}` : 'no place yet'}`)
      thumb.querySelector('b').textContent = place ?? '?'
      thumb.toggleAttribute('data-placed', place !== null)
    }
    for (const [i, button] of buttons.entries()) button.setAttribute('aria-pressed', String(places[shown] === i + 1))
  }

  function show(i) {
    shown = i
    $('stage').replaceChildren(viewOf(faces[step.pictures[i]], `Picture ${i + 1}`))
    update()
  }

  function give(place) {
    const hadFocus = thumbs.includes(document.activeElement)
    const before = shown
    places[shown] = place
    const following = thumbs.findIndex((_, i) => places[(shown + i) % n] === null)
    show(following < 0 ? shown : (shown + following) % n)
    if (hadFocus) thumbs[shown].focus()
    changed()
    const next = following < 0 ? 'All have a place.' : `Now picture ${shown + 1}.`
    announce(`Picture ${before + 1}: place ${place}. ${next}`)
  }

  // Places without the gaps that ties leave: 1, 1, 3 is 1, 1, 2.
  function read() {
    if (places.includes(null)) return null
    const order = [...new Set(places)].sort((a, b) => a - b)
    return { places: order.map(place => step.pictures.filter((_, i) => places[i] === place)) }
  }

  $('panel').replaceChildren(
    make('div', { className: 'thumbs', attributes: { role: 'group', 'aria-label': 'Pictures' } }, ...thumbs),
    make('div', { className: 'places', inert: isFixed, attributes: { role: 'group', 'aria-label': 'Place of the picture that is shown' } }, ...buttons),
  )
  show(0)
  return {
    hint: 'Give each picture a place: 1 is the best. Equal ones can share a place.',
    read,
    press(event) {
      const place = Number(event.key)
      if (place >= 1 && place <= n) give(place)
      const move = { ArrowLeft: n - 1, ArrowRight: 1 }[event.key]
      if (!move) return
      event.preventDefault()
      show((shown + move) % n)
      thumbs[shown].focus()
    },
  }
}

function placeOf(number, initial) {
  const place = initial?.places.findIndex(tied => tied.includes(number)) ?? -1
  return place < 0 ? null : place + 1
}
