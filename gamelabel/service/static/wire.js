// Calls to the service that retry, the session from the game's launch, and answers that are kept
// on this device until they are sent.
const { game, origin } = document.documentElement.dataset
export const isFramed = window.parent !== window
const LAUNCH_WAIT_MS = 5000, LONGEST_WAIT_S = 30
const RETRIED = [425, 429, 500, 502, 503, 504]
let session = null

const stored = name => ({
  get() { try { return JSON.parse(localStorage.getItem(`${name}:${game}`)) } catch { return null } },
  set(value) { try { localStorage.setItem(`${name}:${game}`, JSON.stringify(value)) } catch { /* private window */ } },
  clear() { try { localStorage.removeItem(`${name}:${game}`) } catch { /* private window */ } },
})
export const unsentAnswers = stored('unsent')
export const introductionDone = stored('learnt')

const hex = byte => byte.toString(16).padStart(2, '0')
export const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join('')

export function tellGame(message) { if (isFramed) window.parent.postMessage(message, origin) }

// The service refused a request for good; `kind` is the end of the problem's type.
export class Refusal extends Error {
  constructor(problem, status) {
    super(problem.title)
    this.kind = (problem.type || '').split(':').pop()
    this.status = status
  }
}

// Waits between tries as long as the service asks, else 1, 2, 4 ... 30 s. `notice` shows that the
// page waits: its `show(seconds)` resolves when to try again, `hide()` ends it.
export async function call(method, path, { body, idempotencyKey, notice } = {}) {
  for (let wait = 1; ; wait = Math.min(LONGEST_WAIT_S, 2 * wait)) {
    const headers = {}
    if (session) headers.Authorization = `Bearer ${session}`
    if (body) headers['Content-Type'] = 'application/json'
    if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey
    let reply
    try { reply = await fetch(path, { method, headers, body: body && JSON.stringify(body) }) } catch { reply = null }
    if (reply?.ok) {
      notice?.hide()
      if (reply.status === 204) return null
      return reply.headers.get('Content-Type').startsWith('image/') ? reply.blob() : reply.json()
    }
    const problem = reply ? await reply.json().catch(() => ({})) : {}
    const refusal = reply && new Refusal(problem, reply.status)
    if (refusal?.kind === 'session') { await openSession(); continue }
    if (reply && (!RETRIED.includes(reply.status) || refusal.kind === 'paused')) throw refusal
    const seconds = Number(reply?.headers.get('Retry-After')) || wait
    await (notice ? notice.show(seconds) : new Promise(done => setTimeout(done, 1000 * seconds)))
  }
}

// The first launch comes in the address's fragment, which no server sees; the game's page sends
// later ones when it is asked.
const launches = [location.hash.slice(1)].filter(Boolean)
let launchArrived = null
history.replaceState(null, '', location.pathname)
window.addEventListener('message', event => {
  if (event.origin !== origin || event.data?.type !== 'gamelabel:launch') return
  launches.push(String(event.data.launch))
  launchArrived?.()
})

export async function openSession() {
  for (let asked = false; ;) {
    while (launches.length) {
      const idempotencyKey = randomKey(), launch = launches.shift()
      session = null
      try {
        const entry = await call('POST', '/v1/sessions', { body: { launch }, idempotencyKey })
        session = entry.session
        return entry
      } catch (error) { if (!(error instanceof Refusal)) throw error }
    }
    if (asked || !isFramed) throw new Refusal({ type: 'urn:gamelabel:launch', title: 'no launch' }, 401)
    tellGame({ type: 'gamelabel:launch' })
    asked = true
    await new Promise(done => { launchArrived = done; setTimeout(done, LAUNCH_WAIT_MS) })
  }
}
