// What the operator's pages share: they ask for the key, keep it for this tab, and show what a call
// returns, every five seconds.
export const $ = id => document.getElementById(id)
const REFRESH_MS = 5000
let key = ''
try { key = sessionStorage.getItem('operator') ?? '' } catch { /* private window */ }

export const request = (path, method = 'GET') => fetch(path, { method, headers: { Authorization: `Bearer ${key}` } })

// Shows the JSON of a call now, after each key, and every five seconds. Returns a function that
// shows it at once.
export function keepShowing(path, show) {
  async function refresh() {
    try {
      const reply = await request(path)
      $('login').hidden = reply.status !== 401
      if (!reply.ok) throw new Error((await reply.json()).title)
      show(await reply.json())
      $('state').textContent = `Updated at ${new Date().toLocaleTimeString()}`
    } catch (error) { $('state').textContent = `The figures cannot be shown: ${error.message}` }
  }
  $('login').addEventListener('submit', event => {
    event.preventDefault()
    key = $('key').value.trim()
    try { sessionStorage.setItem('operator', key) } catch { /* private window */ }
    refresh()
  })
  refresh()
  setInterval(refresh, REFRESH_MS)
  return refresh
}
