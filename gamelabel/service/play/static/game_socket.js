// The WebSocket of a game: it comes back after a lost connection, and the game goes on where it was.
const WAITS_MS = [200, 500, 1000, 2000, 4000], ACKNOWLEDGE_EVERY = 10
const SILENT_MS = 6000  // without any message the connection is lost, although nobody said so
// Why the service closed the connection, when coming back would not help.
const FINAL = { 4001: 'elsewhere', 4004: 'gone', 4008: 'refused', 4009: 'withdrawn', 4010: 'away', 4011: 'idle', 4012: 'long', 4014: 'often' }
const NO_SESSION = 4003

// `receive(message)` gets what the service says, `frame(bytes)` resolves once a frame is drawn,
// `state(name)` is called with 'open', 'lost', or why the connection ended for good.
export function openSocket({ address, token, play, renew, receive, frame, state }) {
  let socket = null, tries = 0, isClosed = false, shown = 0, acknowledged = 0, episode = 0, timer = 0, watch = 0
  const send = message => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)) }

  function connect() {
    socket = new WebSocket(address)
    socket.binaryType = 'arraybuffer'
    const own = socket
    own.onopen = () => send({ hello: { session: token(), play } })
    own.onmessage = async ({ data }) => {
      if (own !== socket) return
      listen()
      if (typeof data === 'string') {
        const message = JSON.parse(data)
        if (message.kind === 'start') { tries = 0; state('open') }
        if ('episode' in message) { episode = message.episode; shown = acknowledged = 0 }
        receive(message)
      } else await frame(data)
    }
    own.onclose = async ({ code }) => {
      if (own !== socket || isClosed) return
      clearTimeout(watch)
      if (code in FINAL) { isClosed = true; state(FINAL[code]); return }
      state(code === 4013 ? 'crowded' : 'lost')
      if (code === NO_SESSION) await renew().catch(() => {})
      if (!isClosed) timer = setTimeout(connect, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)])
    }
  }
  function listen() {
    clearTimeout(watch)
    const own = socket
    watch = setTimeout(() => { own.close(); own.onclose({ code: 1006 }) }, SILENT_MS)
  }
  addEventListener('online', () => { if (socket?.readyState === WebSocket.CLOSED && !isClosed) { clearTimeout(timer); connect() } })
  connect()

  return {
    send,
    act(control) { send({ act: control, frame: shown, episode }) },
    // A frame is on the canvas. The service sends no more than a second of frames ahead of this.
    shown(number) {
      shown = number
      if (number - acknowledged >= ACKNOWLEDGE_EVERY || number < acknowledged || !number) {
        acknowledged = number
        send({ seen: number, episode })
      }
    },
    close() { isClosed = true; clearTimeout(timer); clearTimeout(watch); socket?.close() },
  }
}
