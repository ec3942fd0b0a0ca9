// One question at a time: what is asked, the picture, the form for the answer, and Next. A kind of
// task is a function that fills the stage and the panel, and returns { read, hint, press }: `read()`
// is the answer, or null while it is not complete; `press(event)` handles a key.
import { $, markScroller, showSection } from '../frame.js'
import { categorise, issues, rate, words } from './forms.js'
import { compare } from './compare_step.js'
import { rank } from './rank_step.js'
import { regions } from './region_step.js'

const KINDS = { categorise, compare, issues, rank, rate, regions, words }
const LONG = 100  // characters of a prompt that is set smaller
let current = null

// Resolves to { answer, ms } once it is confirmed; to null if `skip` is pressed instead.
// `initial`: the answer at first; `isFixed`: it cannot be changed; `remark`: a text above the
// question; `skip`: the name of a second button.
export function askStep({ item, step, faces, next, initial = null, isFixed = false, remark = '', skip = '' }) {
  const { kind, question, pictures } = step
  const isAboutOne = pictures.length === 1 && faces.length > 1
  $('question').textContent = isAboutOne ? `Picture ${pictures[0] + 1} of ${faces.length}. ${question}` : question
  $('prompt').textContent = item.prompt
  $('prompt').toggleAttribute('data-long', item.prompt.length > LONG)
  $('next').textContent = next
  $('remark').textContent = remark
  $('remark').hidden = !remark
  $('skip').textContent = skip
  $('skip').hidden = !skip
  $('task').dataset.kind = kind
  $('stage').replaceChildren()
  $('panel').replaceChildren()
  return new Promise(done => {
    const form = KINDS[kind]({ item, step, faces, changed, initial, isFixed })
    current = { form, done, isFixed, since: performance.now() }
    $('hint').textContent = isFixed ? '' : form.hint
    // What cannot be changed still scrolls, and the pictures of a ranking can be looked at.
    const controls = [...$('stage').querySelectorAll('button, .target'), ...$('panel').children]
    if (isFixed && kind !== 'rank') for (const control of controls) control.inert = true
    changed()
    showSection('task')
    for (const part of ['prompt', 'remark', 'panel']) markScroller($(part))
  })
}

function changed() {
  const isComplete = current.form.read() !== null
  $('next').setAttribute('aria-disabled', String(!isComplete))
  markScroller($('panel'))
}

$('next').addEventListener('click', () => {
  const answer = current?.form.read() ?? null
  if (answer === null) return
  const { done, since } = current
  current = null
  done({ answer, ms: Math.round(performance.now() - since) })
})

$('skip').addEventListener('click', () => {
  const done = current?.done
  current = null
  done?.(null)
})

// Keys work while the question has the focus, so that they do not surprise anybody elsewhere.
$('task').addEventListener('keydown', event => {
  if (!current || current.isFixed || event.ctrlKey || event.altKey || event.metaKey) return
  current.form.press?.(event)
})
$('remark').addEventListener('scroll', () => markScroller($('remark')))
window.addEventListener('resize', () => { markScroller($('prompt')); markScroller($('remark')) })
