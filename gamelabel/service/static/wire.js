// Calls to the service that retry, the session from the game's launch, and what is kept on this
// device for a player.
const { game, origin } = document.documentElement.dataset
export const isFramed = window.parent !== window
const LAUNCH_WAIT_MS = 10_000, LONGEST_TRY_MS = 20_000, LONGEST_WAIT_S = 30
const RETRIED = [425, 429, 500, 502, 503, 504]
const NOT_SOON = ['paused', 'crowded']
let session = null
let player = null

// Kept under the player's name, because several people may play on one device.
function stored(name) {
  const key = () => `${name}:${game}:${player}`
  return {
    get() { try { return JSON.parse(localStorage.getItem(key())) } catch { return null } },
    set(value) { try { localStorage.setItem(key(), JSON.stringify(value)) } catch { /* private window */ } },
    clear() { try { localStorage.removeItem(key()) } catch { /* private window */ } },
    isKey: text => text === key(),
  }
}
export const keptAnswers = stored('answers')
export const introductionDone = stored('learnt')

const hex = byte => byte.toString(16).padStart(2, '0')
export const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join('')

export function tellGame(message) { if (isFramed) window.parent.postMessage(message, origin) }

// The service refused a request for good; `kind` is the end of the problem's type.
export class Refusal extends Error {
  constructor(problem, status) {
    super(problem.title)
    this.detail = problem.detail
    this.kind = (problem.type || '').split(':').pop()
    this.status = status
  }
}

// Calls that failed and will be tried again.
const failing = new Set()
let report = () => {}

// `listener` gets { cause, until } when a call begins to fail, tries again or succeeds: the cause
// 'network' or 'service', and when the next try is, in ms since 1970; null if no call fails.
export function onTrouble(listener) { report = listener }

function reportTrouble() {
  const calls = [...failing]
  if (!calls.length) { report(null); return }
  const cause = calls.some(call => call.cause === 'network') ? 'network' : 'service'
  report({ cause, until: Math.min(...calls.map(call => call.until)) })
}

export function retryNow() { for (const call of failing) call.wake?.() }
window.addEventListener('online', retryNow)

// Sends a request once. Resolves to the value, to a refusal, or to {} if no whole reply came.
async function attempt(method, path, { body, idempotencyKey, read = readReply }) {
  const headers = {}
  if (session) headers.Authorization = `Bearer ${session}`
  if (body) headers['Content-Type'] = 'application/json'
  if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey
  const abort = new AbortController(), timer = setTimeout(() => abort.abort(), LONGEST_TRY_MS)
  try {
    const reply = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal: abort.signal })
    if (reply.ok) return { value: await read(reply), isDone: true }
    const problem = await reply.json().catch(() => ({}))
    return { refusal: new Refusal(problem, reply.status), afterS: Number(reply.headers.get('Retry-After')) }
  } catch { return {} } finally { clearTimeout(timer) }
}

const readReply = reply => reply.status === 204 ? null : reply.json()

// Waits between tries as long as the service asks, else 1, 2, 4 ... 30 s. `read` makes the value
// of a reply; if it throws, the reply was damaged, and the call is tried again.
export async function call(method, path, options = {}) {
  const trouble = { cause: '', until: 0, wake: null }
  try {
    for (let wait = 1; ; wait = Math.min(LONGEST_WAIT_S, 2 * wait)) {
      const usedSession = session
      const { value, isDone, refusal, afterS } = await attempt(method, path, options)
      if (isDone) return value
      if (refusal?.kind === 'session') {
        if (session === usedSession) await openSession()
        continue
      }
      if (refusal && (!RETRIED.includes(refusal.status) || NOT_SOON.includes(refusal.kind))) throw refusal
      trouble.cause = refusal ? 'service' : 'network'
      await waitToRetry(trouble, afterS || wait)
    }
  } finally { if (failing.delete(trouble)) reportTrouble() }
}

async function waitToRetry(trouble, seconds) {
  trouble.until = Date.now() + 1000 * seconds
  failing.add(trouble)
  reportTrouble()
  await new Promise(done => { trouble.wake = done; setTimeout(done, 1000 * seconds) })
  trouble.wake = null
  trouble.until = Date.now()
  reportTrouble()
}

// The first launch comes in the address's fragment, which no server sees; the game's page sends
// later ones when it is asked.
const launches = [location.hash.slice(1)].filter(Boolean)
let launchArrived = null
let makeLaunch = null
history.replaceState(null, '', location.pathname + location.search)

// Where no game sends launches: `maker` resolves to one, or throws a Refusal.
export function useLaunches(maker) { makeLaunch = maker }
export const sessionToken = () => session
window.addEventListener('message', event => {
  if (event.origin !== origin || event.data?.type !== 'gamelabel:launch') return
  launches.push(String(event.data.launch))
  launchArrived?.()
})

// Outside a frame no game sends another launch: there the tab keeps what opening a session replied,
// so that a reload goes on. A new address in the same tab is another launch.
const TAB = `session:${location.pathname}`
let isReload = !isFramed && !launches.length
if (!isFramed) window.addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload() })

function keptEntry() {
  try { return JSON.parse(sessionStorage.getItem(TAB)) } catch { return null }
}
function keepEntry(entry) {
  if (isFramed || makeLaunch) return
  try { sessionStorage.setItem(TAB, JSON.stringify(entry)) } catch { /* private window */ }
}
export function noteConsent(times) {
  const entry = keptEntry()
  if (entry) keepEntry({ ...entry, consented: true, times })
}

let opening = null

// Resolves to the service's reply. Refuses as 'another' if the game now sends another player.
export function openSession() {
  opening ??= openNext().finally(() => { opening = null })
  return opening
}

async function openNext() {
  const kept = isReload && !makeLaunch && keptEntry()
  isReload = false  // once: a session that has expired is not opened again
  if (kept) return take(kept)
  for (let asked = false; ;) {
    while (launches.length) {
      const entry = await openWith(launches.shift())
      if (!entry) continue
      keepEntry(entry)
      return take(entry)
    }
    if (makeLaunch && !asked) {
      asked = true
      launches.push(await makeLaunch())
      continue
    }
    if (asked || !isFramed) throw new Refusal({ type: 'urn:gamelabel:launch', title: 'no launch' }, 401)
    tellGame({ type: 'gamelabel:launch' })
    asked = true
    await new Promise(done => { launchArrived = done; setTimeout(done, LAUNCH_WAIT_MS) })
  }
}

function take(entry) {
  const isAnother = player !== null && player !== entry.player
  session = entry.session
  player = entry.player
  if (isAnother) throw new Refusal({ type: 'urn:gamelabel:another', title: 'another player' }, 401)
  return entry
}

// Resolves to null if the launch is not valid any more.
async function openWith(launch) {
  session = null
  try {
    return await call('POST', '/v1/sessions', { body: { launch }, idempotencyKey: randomKey() })
  } catch (error) { if (error.kind === 'launch') return null; throw error }
}
