// The teaching game: act in the world, say how one would ask for it, see what the dragon does.
import { call, introductionDone, openSession, tellGame } from '../wire.js'
import { $, announce, askConsent, buttonPressed, run, showProgress, showSection, waitFor } from '../frame.js'
import { showAttempt, showResults, showRound, showScene, showTrouble, troubleShown } from './teach_view.js'

const COIN = document.documentElement.dataset.coin
const POLL_MS = 4000, SLOW_MS = 3000
const BEHIND = ['step', 'closed']  // the page shows something old
const SLOW = 'This takes longer than usual. We keep trying.'
let round = null, scene = null, resultsShown = 0, isBusy = false, isPlaying = false
let isStale = false  // the round has changed since all was asked for
let end = null

const step = () => scene?.done.length ?? 0  // none before the first scene has come

function setScene(next) {
  scene = next
  showScene(scene, say)
  enableTeach()
}

function setRound(next) {
  if (round && (next.stage !== round.stage || next.number !== round.number)) isStale = true
  round = next
  showRound(round)
  enableTeach()
}

function enableTeach() {
  const isReady = round?.stage === 'open' && round.seconds_left > 0 && step() > 0 && $('command').value.trim() !== ''
  $('send').setAttribute('aria-disabled', String(!isReady))
}

// One call at a time: what is pressed meanwhile would be about a scene that has passed.
async function alone(action) {
  if (isBusy) return
  isBusy = true
  showTrouble('')
  const timer = setTimeout(() => showTrouble(SLOW), SLOW_MS)
  try {
    await action()
    if (troubleShown() === SLOW) showTrouble('')
  } catch (error) {
    if (error.status === 401 || error.status === 403) return end(error)
    showTrouble(error.detail || error.message)
    if (BEHIND.includes(error.kind)) await refresh().catch(end)
  } finally {
    clearTimeout(timer)
    isBusy = false
  }
}

function say(text) {
  return alone(async () => {
    const said = await call('POST', '/v1/dungeon/commands', { body: { text, step: step() } })
    // where one went is described above already, which nobody hears
    const hasMoved = said.reply === said.scene.place && said.scene.done.length > step()
    $('reply').textContent = hasMoved ? '' : said.reply
    if (hasMoved) announce(said.reply)
    setScene(said.scene)
    $('typed').value = ''
  })
}

function reset(newWorld) {
  return alone(async () => {
    setScene(await call('POST', '/v1/dungeon/resets', { body: { new_world: newWorld } }))
    $('reply').textContent = newWorld ? 'You are in another world.' : 'You are back where you began.'
  })
}

function teach() {
  return alone(async () => {
    if (step() === 0) return showTrouble('First do what the dragon should do.')
    const command = $('command').value
    if (!command.trim()) return showTrouble('Write how you would ask for it.')
    const body = { command, round: round.number, step: step() }
    const taught = await call('POST', '/v1/dungeon/examples', { body })
    $('command').value = ''
    $('reply').textContent = ''
    setRound(taught.round)
    setScene(taught.scene)
    announce(showAttempt(taught))
  })
}

function openResults(results) {
  showResults(results, COIN)
  $('board').showModal()
}

let lastResults = null
async function refresh() {
  const lesson = await call('GET', '/v1/dungeon')
  setRound(lesson.round)
  isStale = false
  setScene(lesson.scene)
  lastResults = lesson.results
  $('board-open').hidden = !lastResults
  if (lastResults && lastResults.number > resultsShown) {
    resultsShown = lastResults.number
    const { reward } = lastResults
    if (reward) tellGame({ type: 'gamelabel:reward', reward: reward.id, amount: reward.amount })
    if (lastResults.rows.some(row => row.is_own)) openResults(lastResults)
    announce(`The results of round ${lastResults.number} are there.`)
  }
}

async function watchRound() {
  while (isPlaying) {
    await new Promise(done => setTimeout(done, POLL_MS))
    if (!isPlaying || document.hidden) continue
    setRound(await call('GET', '/v1/dungeon/round'))
    if (isStale && !isBusy) await refresh()
  }
}

$('type').addEventListener('submit', event => { event.preventDefault(); if ($('typed').value.trim()) say($('typed').value) })
$('teach').addEventListener('submit', event => { event.preventDefault(); teach() })
$('command').addEventListener('input', enableTeach)
$('command').addEventListener('keydown', event => { if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); teach() } })
$('reset').addEventListener('click', () => reset(false))
$('another').addEventListener('click', () => reset(true))
$('board-open').addEventListener('click', () => openResults(lastResults))
$('board-close').addEventListener('click', () => $('board').close())

async function activity() {
  const entry = await waitFor(openSession(), 'We keep trying to reach the service.')
  if (entry.state !== 'active') return entry.state
  if (!entry.consented) {
    if (!introductionDone.get()) {
      showSection('intro')
      await buttonPressed('begin')
      introductionDone.set(true)
    }
    if (!await askConsent()) return 'declined'
  }
  await waitFor(refresh(), 'We keep trying to get your lesson.')
  showProgress()
  showSection('lesson')
  isPlaying = true
  return Promise.race([watchRound(), new Promise((_, reject) => { end = reject })])
}

run(activity, {}, () => { isPlaying = false })
