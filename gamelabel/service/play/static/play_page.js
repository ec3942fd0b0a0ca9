// The page: consent, a library of games, the game with its goals and pay, and how it went.
import { channel, ids, isPreview, submitAddress, task as linkedTask } from './arrival.js'
import { call, isFramed, openSession, sessionToken, tellGame, useLaunches } from '../wire.js'
import { $, announce, askConsent, buttonPressed, run, showNote, showProgress, showSection, waitFor } from '../frame.js'
import { keyName, makeControls } from './controls.js'
import { makeView } from './frame_view.js'
import { openSocket } from './game_socket.js'
import { showPlaces } from './result_view.js'

const GAME = document.documentElement.dataset.game
const BELL_HZ = 660, BELL_S = 0.4
const ENDS = {
  withdrawn: ['Your data are deleted', 'You have withdrawn, and you will not be asked again.'],
  removed: ['Thank you for playing', 'You cannot take part any more. You keep all you earned.'],
  declined: ['All right', 'We stored nothing that you did, only a made-up name.'],
  left: ['See you later', 'You can come back at any time. What you have played counts.', 'Play on'],
  elsewhere: ['You play in another window', 'The game goes on in the window that you opened last.', 'Play here instead'],
  away: ['You did not say that you are ready', 'Another player may be waiting. Come back when you have time.', 'Try again'],
  often: ['You have started many games', 'Please come back in an hour.', 'Try again'],
  refused: ['The connection was closed', 'Your browser sent too much. Please try again.', 'Try again'],
  launch: ['Please start again from your link', 'The link has expired, or it is incomplete.', 'Try again'],
  preview: ['This is a preview', 'Accept the HIT to play. It takes a few minutes, with a keyboard or by touch.'],
  assignment: ['This HIT is done, or for another task', 'Each HIT is for one task. Submit it if it is done; else go on with the task that you began.', 'Go on'],
  paid: ['You have done this task', 'Each task pays once. Thank you!', 'Choose another game'],
  empty: ['Nothing to play right now', 'Please come back later.', 'Try again'],
}
// Ends of a game by a limit; the page then shows how it went.
const LIMITS = {
  idle: ['Are you still there?', 'You pressed nothing for a while, so the game ended. What you played until then counts.'],
  long: ['Time for a break', 'This game has lasted as long as it may. What you played counts, and you can begin another one.'],
}
let live = null  // the game that is being played: what to close when the player leaves

const element = (name, text, className = '') => {
  const made = document.createElement(name)
  made.textContent = text
  if (className) made.className = className
  return made
}
const paragraphs = text => text.split(/\n\s*\n/).filter(Boolean).map(part => element('p', part))

// ---- the library

function card(task, choose) {
  const item = document.createElement('li'), button = item.appendChild(document.createElement('button'))
  button.type = 'button'
  button.append(element('strong', task.title), element('span', task.description))
  const notes = [task.people > 1 ? `${task.people} players` : '', task.pay_text, { done: 'done', open: 'started' }[task.state] ?? '']
  button.append(element('small', notes.filter(Boolean).join(' · ')))
  button.addEventListener('click', () => choose(task.name), { once: true })
  return item
}

const chooseTask = tasks => new Promise(done => {
  showProgress()
  $('tasks').replaceChildren(...tasks.map(task => card(task, done)))
  showSection('library')
})

// ---- before a game

function showIntro(play, canChoose) {
  const { task } = play
  $('intro-h').textContent = task.title
  $('intro-text').replaceChildren(...paragraphs(task.instructions || task.description))
  const keys = task.controls.filter(control => control.codes.length === 1 && control.text)
  const rows = keys.flatMap(({ codes, text }) => [element('dt', keyName(codes[0])), element('dd', text)])
  const list = document.createElement('dl')
  list.append(...rows)
  $('intro-keys').replaceChildren(...(rows.length ? [list] : []))
  $('intro-goals').hidden = !task.goals.length
  $('intro-goals').querySelector('ul').replaceChildren(...task.goals.map(goal => element('li', goal)))
  $('intro-pay').hidden = !task.pay_text
  $('intro-pay').textContent = task.pay_text
  $('other').hidden = !canChoose
  showSection('intro')
  return buttonPressed('start', 'other')
}

// ---- while waiting for others

let audio = null
function ring() {
  announce('Another player is here. Say that you are ready.')
  navigator.vibrate?.(200)
  if (!audio) return
  const tone = audio.createOscillator(), volume = audio.createGain()
  tone.frequency.value = BELL_HZ
  volume.gain.setValueAtTime(0.2, audio.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + BELL_S)
  tone.connect(volume).connect(audio.destination)
  tone.start()
  tone.stop(audio.currentTime + BELL_S)
}

function showLobby({ state, people, seats, seconds, is_ready: isReady, rings }) {
  if ($('lobby').hidden) showSection('lobby')
  const titles = { waiting: 'Waiting for other players', asking: 'Everybody is here', countdown: 'The game starts' }
  if ($('lobby-h').textContent !== titles[state]) announce(titles[state])
  $('lobby-h').textContent = titles[state]
  $('lobby-p').textContent = `${people} of ${seats} players are here.`
  const texts = {
    waiting: `The game starts without the others in ${clock(seconds)}. You hear a bell when somebody comes.`,
    asking: isReady ? 'Waiting until the others are ready.' : `Say that you are ready within ${Math.ceil(seconds)} s.`,
    countdown: `In ${Math.ceil(seconds)} s.`,
  }
  $('lobby-time').textContent = texts[state]
  $('ready').hidden = state !== 'asking' || isReady
  document.title = state === 'asking' && !isReady ? '🔔 Ready?' : $('game-h').textContent
  if (rings) { ring(); $('ready').focus() }
}

const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

// ---- the game

function goalRow({ label, value_text: value, goal_text: goal, share, is_met: isMet }) {
  const item = element('li', '', isMet ? 'met' : '')
  const bar = document.createElement('progress')
  bar.max = 1
  bar.value = share
  bar.setAttribute('aria-label', label)
  item.append(element('span', `${isMet ? '✓ ' : ''}${label}`), element('span', `${value} of ${goal}`, 'number'), bar)
  return item
}

let met = 0
function showStatus({ goals, values, pay_text: pay }) {
  $('goals-part').hidden = !goals.length
  $('goals').replaceChildren(...goals.map(goalRow))
  const nowMet = goals.filter(goal => goal.is_met).length
  if (goals.length && nowMet > met) announce(nowMet === goals.length ? 'All goals are reached.' : `${nowMet} of ${goals.length} goals are reached.`)
  met = nowMet
  $('values').replaceChildren(...values.flatMap(({ label, value_text: value }) => [element('dt', label), element('dd', value)]))
  $('pay').hidden = !pay
  $('pay').textContent = pay
  $('finish').classList.toggle('plain', goals.length > 0 && nowMet < goals.length)
  $('finish').classList.toggle('main', !goals.length || nowMet === goals.length)
}

function curtain(text = '') {
  $('curtain').hidden = !text
  if ($('curtain').textContent !== text && text) announce(text)
  $('curtain').textContent = text
}

// Resolves to why the game ended: 'finished', 'library', or the reason to leave.
function playGame(play) {
  audio ??= window.AudioContext ? new AudioContext() : null
  const { task } = play, canvas = $('picture'), leaving = new AbortController(), { signal } = leaving
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  $('game-h').textContent = task.title
  canvas.setAttribute('aria-label', `${task.title}: the game, played with the keyboard`)
  met = 0
  showStatus({ goals: [], values: [], pay_text: '' })
  curtain('Connecting …')
  $('seat').hidden = true
  $('keys-hint').textContent = task.controls.filter(c => c.codes.length === 1 && c.text).map(c => `${keyName(c.codes[0])}: ${c.text}`).join('\n')
  return new Promise(done => {
    const view = makeView(canvas, number => socket.shown(number))
    const controls = makeControls({
      controls: task.controls, buttons: task.buttons, canvas, moves: $('pad-move'), acts: $('pad-act'),
      changed: number => socket.act(number),
      isPlaying: () => !$('game').hidden && !document.querySelector('dialog[open]') && !document.activeElement?.closest('button, textarea, input'),
    })
    const end = reason => { live?.(); done(reason) }
    const showGame = () => {
      if ($('game').hidden) { showSection('game', false); canvas.focus({ preventScroll: true }) }
    }
    const said = {
      start({ seat_text: seat }) {
        document.title = task.title
        showGame()
        $('seat').hidden = !seat
        $('seat').textContent = seat
        curtain()
        socket.act(controls.current())
      },
      lobby: showLobby,
      status: showStatus,
      note({ text }) {
        showGame()
        curtain(text)
      },
      episode() {
        curtain()
        socket.act(controls.current())
      },
      finished: () => end('finished'),
      crashed: () => end('crashed'),
      refused: ({ why }) => console.warn(`refused: ${why}`),
    }
    const states = {
      open() {},
      lost: () => curtain('Connection lost. Coming back …'),
      crowded: () => curtain('All places are taken. Trying again …'),
    }
    const socket = openSocket({
      address: `${scheme}//${location.host}/v1/play/socket?room=${encodeURIComponent(play.room)}`,
      token: sessionToken, play: play.play, renew: openSession,
      receive: message => said[message.kind]?.(message),
      frame: view.add,
      state: name => states[name] ? states[name]() : end(name),
    })
    const press = (id, action) => $(id).addEventListener('click', action, { signal })
    press('finish', () => socket.send({ finish: true }))
    press('ready', () => socket.send({ ready: true }))
    press('lobby-leave', () => end('library'))
    press('report', () => comment('problem', task.name))
    live = () => { live = null; leaving.abort(); controls.close(); socket.close() }
  })
}

// ---- afterwards

function submitToTurk({ assignment }, play) {
  const form = $('turk')
  form.action = submitAddress
  form.elements.assignmentId.value = assignment
  form.elements.playSession.value = play
  form.submit()
}

async function showResult(play, canChoose) {
  const result = await waitFor(call('GET', `/v1/play/sessions/${play.play}`), 'We keep trying to get your result.')
  if (result.reward) tellGame({ type: 'gamelabel:reward', reward: result.reward.id, amount: result.reward.amount })
  $('result-h').textContent = result.title
  $('result-p').textContent = result.text
  showPlaces($('result-places'), result.places)
  $('raffle').hidden = !result.raffle
  $('raffle-p').textContent = ''
  $('challenge').hidden = !result.challenge
  $('challenge').textContent = result.challenge
  $('submit-work').hidden = !result.assignment
  // an assignment is for one task: only submitting it is left
  $('again-game').hidden = Boolean(result.assignment)
  $('to-library').hidden = !canChoose || Boolean(result.assignment)
  showSection('result')
  const stop = new AbortController(), { signal } = stop
  $('raffle').addEventListener('submit', async event => {
    event.preventDefault()
    const sending = call('PUT', `/v1/play/sessions/${play.play}/raffle`, { body: { email: $('email').value } })
    $('raffle-p').textContent = await sending.then(() => 'You are in the raffle. Good luck!', error => error.message)
  }, { signal })
  $('tell').addEventListener('click', () => comment('feedback', result.task), { signal })
  $('submit-work').addEventListener('click', () => submitToTurk(result, play.play), { signal })
  try { return await buttonPressed('again-game', 'to-library') } finally { stop.abort() }
}

async function comment(kind, task) {
  const isProblem = kind === 'problem', returnTo = document.activeElement
  $('comment-h').textContent = isProblem ? 'Report a problem' : 'Send feedback'
  $('comment-label').textContent = isProblem ? 'What went wrong? Your browser’s name and version are sent with it.' : 'What did you like, and what not?'
  $('comment-text').value = ''
  $('comment').showModal()
  const closed = new AbortController(), { signal } = closed
  $('comment-cancel').addEventListener('click', () => $('comment').close(), { signal })
  $('comment-form').addEventListener('submit', async event => {
    event.preventDefault()
    const body = { task, kind, text: $('comment-text').value, device: isProblem ? navigator.userAgent.slice(0, 300) : '' }
    $('comment').close()
    await call('POST', '/v1/play/comments', { body }).then(() => announce('Thank you. It was sent.'), error => announce(error.message))
  }, { signal })
  $('comment').addEventListener('close', () => { closed.abort(); returnTo?.focus() }, { once: true })
}

// ---- all of it

const consent = () => call('PUT', '/v1/play/consent', { body: ids })

async function play() {
  if (isPreview) return 'preview'
  if (channel !== null) {
    useLaunches(async () => (await call('POST', '/v1/play/arrivals', { body: { game: GAME, channel, ...ids } })).launch)
  }
  const entry = await waitFor(openSession(), 'We keep trying to reach the service.')
  if (entry.state !== 'active') return entry.state
  const { consented } = await waitFor(call('GET', '/v1/play/account'), 'We keep trying to reach the service.')
  if (!consented) {
    if (!await askConsent(consent)) return 'declined'
  } else await waitFor(consent(), 'We keep trying to reach the service.')
  let chosen = linkedTask
  for (;;) {
    const { tasks, choose, done } = await waitFor(call('GET', '/v1/play/library'), 'We keep trying to get the games.')
    if (done) await showResult({ play: done }, false)
    if (!tasks.length) return 'empty'
    const canChoose = choose && tasks.length > 1
    if (!tasks.some(task => task.name === chosen)) chosen = null
    chosen ??= canChoose ? await chooseTask(tasks) : choose ? tasks[0].name : null
    const opening = call('POST', '/v1/play/sessions', { body: chosen ? { task: chosen } : {} })
    const opened = await waitFor(opening, 'We keep trying to open the game.')
    chosen = null
    if (await showIntro(opened, canChoose) === 'other') continue
    const reason = await playGame(opened)
    if (reason === 'library') continue
    if (reason === 'crashed') {
      await showNote('The game stopped', 'Something in the game went wrong. What you played until then counts.')
      continue
    }
    if (reason in LIMITS) await showNote(...LIMITS[reason])
    else if (!['finished', 'gone'].includes(reason)) return reason
    if (await showResult(opened, canChoose) === 'again-game') chosen = opened.task.name
  }
}

run(play, ENDS, () => live?.())
if (!isFramed) $('exit').setAttribute('aria-label', 'Leave')
