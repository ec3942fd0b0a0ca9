// One pair: pictures that must be looked at for a moment, and a choice that can be changed until it
// is confirmed. Pressing a chosen picture again does not confirm it: only the button and Enter do.
import { $, announce, markScroller } from '../frame.js'

const SIDES = ['left', 'right'], CHOICES = [...SIDES, 'tie']
const NAMES = { left: 'Picture 1', right: 'Picture 2' }
const SMALLEST_REM = 0.9375, STEP_REM = 0.0625
const VERDICT_MS = 400  // a double tap on "Check" must not skip what it says
const hasKeys = matchMedia('(hover: hover)').matches
const INVITATION = hasKeys ? 'Choose one: tap it, or press 1 or 2.' : 'Tap the one that fits.'
const WITH_TIES = hasKeys ? 'Choose one: press 1 or 2, or 3 if they are equal.' : 'Tap the one that fits, or Equal.'
let current = null

// faces: { left, right } elements; `ties`: whether they may be equal. In practice, `isRight(choice)` checks a choice before the player
// goes on. Resolves to { choice, ms } once the choice is confirmed.
export function askPair({ prompt, faces, lookS, next, isRight, ties = false }) {
  $('prompt').textContent = prompt
  $('prompt').scrollTop = 0
  $('next').textContent = isRight ? 'Check' : next
  for (const side of SIDES) {
    $(side).querySelector('.face').replaceChildren(faces[side])
    $(side).setAttribute('aria-pressed', 'false')
    $(side).setAttribute('aria-label', NAMES[side])
    delete $(side).dataset.verdict
  }
  $('tie').hidden = !ties
  $('tie').setAttribute('aria-pressed', 'false')
  $('foot').toggleAttribute('data-ties', ties)
  fitPrompt()
  $('prompt').focus({ preventScroll: true })
  return new Promise(done => {
    current = { choice: null, isOpen: false, since: 0, isRight, next, ties, done }
    setEnabled(false)
    showHint(lookS ? `Look at both for ${seconds(lookS)}.` : '')
    $('look').hidden = !lookS
    const bar = $('look').firstElementChild.cloneNode()
    bar.style.animationDuration = `${lookS}s`
    $('look').replaceChildren(bar)
    const pair = current
    setTimeout(() => { if (current === pair) openChoice(lookS) }, 1000 * lookS)
  })
}

// Takes no more answers to the pair.
export function closePair() {
  current = null
  setEnabled(false)
  $('large').close()
}

const seconds = s => `${s} ${s === 1 ? 'second' : 'seconds'}`

function showHint(text, aloud = false) { $('hint').textContent = text; if (aloud) announce(text) }

function setEnabled(on) {
  for (const choice of CHOICES) $(choice).setAttribute('aria-disabled', String(!on))
  $('next').setAttribute('aria-disabled', 'true')
}

function openChoice(lookS) {
  current.isOpen = true
  current.since = performance.now()
  setEnabled(true)
  $('look').hidden = true
  showHint(current.ties ? WITH_TIES : INVITATION, lookS > 0)
}

function choose(choice) {
  if (!current?.isOpen || current.choice === choice) return
  current.choice = choice
  current.ms = Math.round(performance.now() - current.since)
  for (const each of CHOICES) {
    $(each).setAttribute('aria-pressed', String(each === choice))
    delete $(each).dataset.verdict
  }
  $('next').setAttribute('aria-disabled', 'false')
  showHint(current.isRight ? '' : 'You can still change your mind.')
}

function confirm() {
  if (!current?.choice || $('next').getAttribute('aria-disabled') === 'true') return
  if (current.isRight) {
    check(current)
    return
  }
  const { choice, ms, done } = current
  current = null
  done({ choice, ms })
}

// Says whether a practice choice is right. If it is not, the player chooses again.
function check(pair) {
  const { choice } = pair
  $('next').setAttribute('aria-disabled', 'true')
  if (!pair.isRight(choice)) {
    $(choice).dataset.verdict = 'wrong'
    $(choice).setAttribute('aria-pressed', 'false')
    pair.choice = null
    showHint('Look again: the other one fits better.', true)
    return
  }
  $(choice).dataset.verdict = 'right'
  showHint('Right: this one fits the words.', true)
  pair.isRight = null
  pair.isOpen = false
  for (const side of SIDES) $(side).setAttribute('aria-disabled', 'true')
  $('next').textContent = pair.next
  setTimeout(() => { if (current === pair) $('next').setAttribute('aria-disabled', 'false') }, VERDICT_MS)
}

// Sets long words smaller until they fit. If they still do not, they scroll, also by keyboard.
function fitPrompt() {
  const prompt = $('prompt')
  prompt.style.fontSize = ''
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize)
  let size = parseFloat(getComputedStyle(prompt).fontSize) / rem
  while (size > SMALLEST_REM && prompt.scrollHeight > prompt.clientHeight + 1) {
    size -= STEP_REM
    prompt.style.fontSize = `${size}rem`
  }
  markScroller(prompt)
}
window.addEventListener('resize', fitPrompt)

// A picture as large as the window allows, in turn with the other one in the same place.
function showLarge(side) {
  $('large-h').textContent = $('prompt').textContent
  $('large-face').replaceChildren($(side).querySelector('.face').firstElementChild.cloneNode(true))
  for (const each of SIDES) $(`large-${each}`).setAttribute('aria-pressed', String(each === side))
  if (!$('large').open) $('large').showModal()
}
$('larger').addEventListener('click', () => showLarge('left'))
for (const side of SIDES) $(`large-${side}`).addEventListener('click', () => showLarge(side))
$('large-close').addEventListener('click', () => $('large').close())
$('large').addEventListener('keydown', event => {
  if (event.key === '1') showLarge('left')
  else if (event.key === '2') showLarge('right')
})

for (const choice of CHOICES) $(choice).addEventListener('click', () => choose(choice))
$('next').addEventListener('click', confirm)
// Keys work while the pair has the focus, so that they do not surprise anybody elsewhere.
$('pair').addEventListener('keydown', event => {
  if (!current || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return
  if (event.key === '1') choose('left')
  else if (event.key === '2') choose('right')
  else if (event.key === '3' && current.ties) choose('tie')
  else if (event.key === 'Enter' && current.choice && event.target.tagName !== 'BUTTON') confirm()
})
