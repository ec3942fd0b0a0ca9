// What goes over the wire: calls that keep trying, a session from the game's launch, answers kept until they are sent.
const page = document.documentElement.dataset
const framed = window.parent !== window
let session = null

const shelf = name => ({
  get() { try { return JSON.parse(localStorage.getItem(`${name}:${page.game}`)) } catch { return null } },
  set(value) { try { localStorage.setItem(`${name}:${page.game}`, JSON.stringify(value)) } catch { /* private window */ } },
  clear() { try { localStorage.removeItem(`${name}:${page.game}`) } catch { /* private window */ } },
})
export const unsent = shelf('unsent')
export const learnt = shelf('learnt')

export const key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('')

export function tell(message) { if (framed) window.parent.postMessage(message, page.origin) }
export { framed }

export class Refused extends Error {
  constructor(problem, status) { super(problem.title); this.kind = (problem.type || '').split(':').pop(); this.status = status }
}

// Waits between tries: what the service asks for, else 1, 2, 4 ... 30 s; `trouble` may end a wait early.
export async function call(method, path, { body, once, trouble } = {}) {
  for (let wait = 1; ; wait = Math.min(30, 2 * wait)) {
    const headers = {}
    if (session) headers.Authorization = `Bearer ${session}`
    if (body) headers['Content-Type'] = 'application/json'
    if (once) headers['Idempotency-Key'] = once
    let reply
    try { reply = await fetch(path, { method, headers, body: body && JSON.stringify(body) }) } catch { reply = null }
    if (reply?.ok) {
      trouble?.over()
      if (reply.status === 204) return null
      return reply.headers.get('Content-Type').startsWith('image/') ? reply.blob() : reply.json()
    }
    const problem = reply ? await reply.json().catch(() => ({})) : {}
    const refused = reply && new Refused(problem, reply.status)
    if (refused?.kind === 'session') { await enter(); continue }
    const soon = reply && [425, 429, 500, 502, 503, 504].includes(reply.status) && refused.kind !== 'paused'
    if (reply && !soon) throw refused
    const asked = Number(reply?.headers.get('Retry-After')) || wait
    await (trouble ? trouble.wait(asked) : new Promise(done => setTimeout(done, 1000 * asked)))
  }
}

// A launch comes in the address's fragment, which no server sees, and later ones from the game's page when asked for.
let launches = [location.hash.slice(1)].filter(Boolean)
let arrived = null
history.replaceState(null, '', location.pathname)
window.addEventListener('message', event => {
  if (event.origin !== page.origin || event.data?.type !== 'gamelabel:launch') return
  launches.push(String(event.data.launch))
  arrived?.()
})

export async function enter() {
  for (let asked = false; ;) {
    while (launches.length) {
      const once = key(), launch = launches.shift()
      session = null
      try {
        const entry = await call('POST', '/v1/sessions', { body: { launch }, once })
        session = entry.session
        return entry
      } catch (refused) { if (!(refused instanceof Refused)) throw refused }
    }
    if (asked || !framed) throw new Refused({ type: 'urn:gamelabel:launch', title: 'no launch' }, 401)
    tell({ type: 'gamelabel:launch' })
    asked = true
    await new Promise(done => { arrived = done; setTimeout(done, 5000) })
  }
}
