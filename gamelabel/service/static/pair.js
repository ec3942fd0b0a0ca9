// One pair on the screen: pictures that must be looked at for a moment, a choice that can be changed until it is confirmed.
const $ = id => document.getElementById(id)
const sides = ['left', 'right']
const other = { left: 'right', right: 'left' }
let current = null

export const say = words => { $('say').textContent = ''; requestAnimationFrame(() => { $('say').textContent = words }) }

// faces: { left, right } elements; resolves to { choice, ms } once confirmed. `judge` may refuse a choice with words.
export function ask({ prompt, faces, look, next, judge }) {
  $('prompt').textContent = prompt
  $('next').textContent = next
  for (const side of sides) {
    $(side).querySelector('.face').replaceChildren(faces[side])
    $(side).setAttribute('aria-pressed', 'false')
    $(side).setAttribute('aria-label', `Picture ${side === 'left' ? 1 : 2}`)
  }
  $('prompt').focus({ preventScroll: true })
  return new Promise(done => {
    current = { choice: null, ready: false, since: 0, judge, done }
    enable(false)
    hint(look ? `Look at both for ${seconds(look)}.` : '')
    $('look').hidden = !look
    const bar = $('look').firstElementChild.cloneNode()
    bar.style.animationDuration = `${look}s`
    $('look').replaceChildren(bar)
    const asked = current
    setTimeout(() => { if (current === asked) open(look) }, 1000 * look)
  })
}

const seconds = s => `${s} ${s === 1 ? 'second' : 'seconds'}`

function hint(words, aloud = false) { $('hint').textContent = words; if (aloud) say(words) }

function enable(on) {
  for (const side of sides) $(side).setAttribute('aria-disabled', String(!on))
  $('next').setAttribute('aria-disabled', 'true')
}

function open(look) {
  current.ready = true
  current.since = performance.now()
  enable(true)
  $('look').hidden = true
  hint('Tap the one that fits, or press 1 or 2.', look > 0)
}

function choose(side) {
  if (!current?.ready) return
  if (current.choice === side) { confirm(); return }
  current.choice = side
  current.ms = Math.round(performance.now() - current.since)
  $(side).setAttribute('aria-pressed', 'true')
  $(other[side]).setAttribute('aria-pressed', 'false')
  $('next').setAttribute('aria-disabled', 'false')
  hint('You can still change your mind.')
}

function confirm() {
  if (!current?.choice) return
  const refused = current.judge?.(current.choice)
  if (refused) { hint(refused, true); return }
  const { choice, ms, done } = current
  current = null
  done({ choice, ms })
}

for (const side of sides) $(side).addEventListener('click', () => choose(side))
$('next').addEventListener('click', confirm)
document.addEventListener('keydown', event => {
  if (!current || event.ctrlKey || event.altKey || event.metaKey || $('data').open || event.repeat) return
  if (event.key === '1') choose('left')
  else if (event.key === '2') choose('right')
  else if (event.key === 'Enter' && current.choice && document.activeElement?.tagName !== 'BUTTON') confirm()
})
