// The player's way: launch, slides, practice, consent, batches of pairs, reward, and back to the game.
import { call, enter, framed, key, learnt, Refused, tell, unsent } from './wire.js'
import { ask, say } from './pair.js'
import { practise } from './practice.js'

const $ = id => document.getElementById(id)
const LOOK = Number(document.documentElement.dataset.look)
const COIN = document.documentElement.dataset.coin

function show(id, focus = true) {
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== id
  if (focus && id !== 'pair') $(id).querySelector('h1').focus({ preventScroll: true })
}

function where(words = '', now = 0, of = 0) {
  $('where').textContent = words
  $('dots').replaceChildren(...Array.from({ length: of }, (_, i) => {
    const dot = document.createElement('li')
    dot.className = i < now ? 'done' : i === now ? 'now' : ''
    return dot
  }))
}

const pressed = (...ids) => new Promise(done => {
  for (const id of ids) $(id).addEventListener('click', () => done(id), { once: true })
})

// Shown while the service or the network is away; ends early when the player asks, or the network is back.
function trouble(words) {
  const before = [...document.querySelectorAll('section')].find(section => !section.hidden)?.id
  return {
    over() { if (!$('again').hidden) { $('again').hidden = true; show(before, false) } },
    wait(s) {
      $('wait-h').textContent = 'No connection right now'
      $('wait-p').textContent = words
      $('again').hidden = false
      show('wait')
      return new Promise(done => {
        const timer = setTimeout(finish, 1000 * s)
        function finish() {
          clearTimeout(timer)
          window.removeEventListener('online', finish)
          $('again').removeEventListener('click', finish)
          done()
        }
        window.addEventListener('online', finish)
        $('again').addEventListener('click', finish)
      })
    },
  }
}

async function slides() {
  for (const id of ['slide-1', 'slide-2', 'slide-3']) {
    show(id)
    await new Promise(done => $(id).querySelector('button').addEventListener('click', done, { once: true }))
  }
  show('pair')
  $('ask').textContent = 'Practice: which one fits the words?'
  await practise(LOOK, where)
  where()
}

async function agree() {
  show('consent')
  if (await pressed('agree', 'decline') === 'decline') return false
  await call('PUT', '/v1/consent', { body: { times: Boolean($('times')?.checked) }, trouble: trouble('Trying again by itself.') })
  return true
}

async function face(name) {
  const picture = new Image()
  picture.src = URL.createObjectURL(await call('GET', `/v1/pictures/${name}`, { trouble: trouble('The pictures are on their way.') }))
  picture.alt = ''
  await picture.decode()
  return picture
}

function busy() {
  $('wait-h').textContent = 'One moment …'
  $('wait-p').textContent = ''
  show('wait')
}

async function label() {
  busy()
  const batch = await call('POST', '/v1/batches', { once: key(), trouble: trouble('Trying again by itself.') })
  const faces = batch.items.map(item => ({ left: face(item.left), right: face(item.right) }))
  faces.forEach(pair => Promise.allSettled(Object.values(pair)))
  const answers = []
  $('ask').textContent = 'Which picture fits these words better?'
  for (const [i, item] of batch.items.entries()) {
    const [left, right] = [await faces[i].left, await faces[i].right]
    show('pair')
    where(`Pair ${i + 1} of ${batch.items.length}`, i, batch.items.length)
    const last = i + 1 === batch.items.length
    const { choice, ms } = await ask({ prompt: item.prompt, faces: { left, right }, look: batch.look_s, next: last ? 'Finish' : 'Next' })
    answers.push({ item: item.item, choice, ms })
    for (const picture of [left, right]) URL.revokeObjectURL(picture.src)
  }
  unsent.set({ batch: batch.batch, answers })
  return send()
}

// Answers wait on this device until the service has them, through reloads too.
async function send() {
  const kept = unsent.get()
  try {
    const words = 'Your answers are kept on this device and sent as soon as it works again.'
    const reply = await call('POST', `/v1/batches/${kept.batch}/answers`, { body: { answers: kept.answers }, trouble: trouble(words) })
    unsent.clear()
    return reply
  } catch (refused) {
    if (refused.status !== 401) unsent.clear()  // without a session they wait for the next one
    throw refused
  }
}

const LEVELS = ['Keep looking closely.', 'A fair start.', 'Good work.', 'Very good work.', 'Excellent work.']

async function pay(reply) {
  where()
  tell({ type: 'gamelabel:reward', reward: reply.reward.id, amount: reply.reward.amount })
  $('paid-h').textContent = `+${reply.reward.amount} ${COIN}`
  const [got, all] = [reply.level + 1, reply.levels + 1]
  $('stars').textContent = '★'.repeat(got) + '☆'.repeat(all - got)
  $('stars').setAttribute('aria-label', `${got} of ${all} stars`)
  $('paid-p').textContent = `${LEVELS[reply.level]} ${reply.labels} pairs labelled so far.`
  $('more').hidden = reply.state !== 'active'
  show('paid')
  say(`You earned ${reply.reward.amount} ${COIN}, ${got} of ${all} stars.`)
  return await pressed('more', 'back') === 'more' || reply.state !== 'active'
}

const ENDS = {
  removed: ['Thank you for trying', 'This did not go well enough to go on: too many known answers were missed. That happens; the game has its advertisements for you, and all you earned is yours.'],
  withdrawn: ['Your data are deleted', 'You have withdrawn, and you will not be asked again. The game goes on with advertisements.'],
  finished: ['You have seen them all', 'There are no more pictures for you right now. Thank you!'],
  paused: ['A short break', 'Labelling is paused at the moment. Come back a little later.'],
  declined: ['All right', 'Nothing was kept. The game goes on as before.'],
  launch: ['Please start again from the game', 'This page is opened by the game, and its invitation has run out.'],
  done: ['Thank you!', 'See you next time.'],
}

async function end(reason) {
  const [title, words] = ENDS[reason] ?? ['Something went wrong', 'It has been logged. Please go back to the game and try again later.']
  where()
  $('end-h').textContent = title
  $('end-p').textContent = words
  $('leave').hidden = !framed
  if (reason === 'done' && framed) { tell({ type: 'gamelabel:close', reason }); return }
  show('end')
  await pressed('leave')
  tell({ type: 'gamelabel:close', reason })
}

async function play() {
  const entering = enter()
  if (!learnt.get()) {  // the slides need nothing of the service: they are there at once, for those who may play
    const gone = entering.then(entry => entry.state === 'active' ? new Promise(() => {}) : null)
    await Promise.race([slides().then(() => learnt.set(true)), gone])
  }
  const entry = await entering
  if (entry.state !== 'active') return entry.state
  if (!entry.consented && !await agree()) return 'declined'
  if (unsent.get()) {
    try {
      const reply = await send()
      if (!await pay(reply)) return 'done'
      if (reply.state !== 'active') return reply.state
    } catch (refused) { if (!(refused instanceof Refused)) throw refused }  // another player's, or answered already
  }
  for (;;) {
    const reply = await label()
    if (!await pay(reply)) return 'done'
    if (reply.state !== 'active') return reply.state
  }
}

$('about').addEventListener('click', () => $('data').showModal())
$('close').addEventListener('click', () => $('data').close())
$('withdraw').addEventListener('click', async () => {
  $('data').close()
  unsent.clear()
  try { await call('DELETE', '/v1/player') } catch (refused) { if (refused.status !== 401) return end('fault') }
  end('withdrawn')
})

play().catch(problem => { if (!(problem instanceof Refused)) console.error(problem); return problem.kind }).then(end)
