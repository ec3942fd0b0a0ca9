// What the player holds: keys, buttons on the screen and a gamepad, as the number of one control.
const PADS = { 12: 'ArrowUp', 13: 'ArrowDown', 14: 'ArrowLeft', 15: 'ArrowRight' }
const STICK = 0.5, TAP_MS = 120
const GLYPHS = { ArrowUp: '▲', ArrowDown: '▼', ArrowLeft: '◀', ArrowRight: '▶' }
export const isMove = code => code in GLYPHS

export const keyName = code => ({ Space: 'space bar', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→' })[code]
  ?? code.replace(/^(Key|Digit)/, '')

// controls: [{ codes, text }], where control 0 is the idle one without codes. `changed(number)` is
// called when another control is held. `isPlaying()`: whether keys are for the game now.
export function makeControls({ controls, buttons, canvas, moves, acts, changed, isPlaying }) {
  const held = new Map()  // what holds a code: the keyboard, a pointer's id or the gamepad
  const used = new Set(controls.flatMap(control => control.codes))
  const stop = new AbortController(), { signal } = stop
  let current = 0, polling = 0

  // The control whose codes are all held, the one with most of them if there are several.
  function choose() {
    const codes = new Set([...held.values()].flat())
    let best = 0
    for (const [number, control] of controls.entries()) {
      if (control.codes.length > controls[best].codes.length && control.codes.every(code => codes.has(code))) best = number
    }
    if (best !== current) changed(current = best)
  }
  const hold = (by, codes) => { held.set(by, codes); choose() }
  const release = by => { if (held.delete(by)) choose() }
  const releaseAll = () => { held.clear(); choose() }

  addEventListener('keydown', event => {
    if (!used.has(event.code) || !isPlaying() || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    if (!event.repeat) hold(`key ${event.code}`, [event.code])
  }, { signal })
  addEventListener('keyup', event => release(`key ${event.code}`), { signal })
  addEventListener('blur', releaseAll, { signal })
  document.addEventListener('visibilitychange', () => { if (document.hidden) releaseAll() }, { signal })
  canvas.addEventListener('pointerdown', () => canvas.focus({ preventScroll: true }), { signal })

  function makeButton({ text, codes }) {
    const button = document.createElement('button'), code = codes.length === 1 ? codes[0] : ''
    button.type = 'button'
    button.className = `pad-button ${GLYPHS[code] ? code : ''}`
    button.textContent = GLYPHS[code] ?? text
    button.setAttribute('aria-label', text)
    const by = event => `pointer ${event.pointerId}`
    let wasPointer = false
    button.addEventListener('pointerdown', event => {
      event.preventDefault()
      if (event.isTrusted) button.setPointerCapture(event.pointerId)
      wasPointer = true
      hold(by(event), codes)
    }, { signal })
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      button.addEventListener(type, event => release(by(event)), { signal })
    }
    button.addEventListener('contextmenu', event => event.preventDefault(), { signal })
    // by a keyboard or a screen reader, which press without a pointer
    button.addEventListener('click', () => {
      if (wasPointer) { wasPointer = false; return }
      hold(button, codes)
      setTimeout(release, TAP_MS, button)
    }, { signal })
    return button
  }
  const ofMoves = buttons.filter(button => button.codes.length === 1 && isMove(button.codes[0]))
  moves.replaceChildren(...ofMoves.map(makeButton))
  acts.replaceChildren(...buttons.filter(button => !ofMoves.includes(button)).map(makeButton))
  moves.hidden = !ofMoves.length
  acts.hidden = ofMoves.length === buttons.length

  // The first button of a gamepad is the space bar, or the first key that moves nothing.
  const fire = used.has('Space') ? 'Space' : [...used].find(code => !isMove(code))
  function pollGamepad() {
    if (signal.aborted) return
    const codes = []
    for (const pad of navigator.getGamepads()) {
      if (!pad) continue
      const [x = 0, y = 0] = pad.axes
      if (x < -STICK) codes.push('ArrowLeft')
      if (x > STICK) codes.push('ArrowRight')
      if (y < -STICK) codes.push('ArrowUp')
      if (y > STICK) codes.push('ArrowDown')
      for (const [button, code] of Object.entries(PADS)) if (pad.buttons[button]?.pressed) codes.push(code)
      if (fire && pad.buttons.slice(0, 4).some(button => button.pressed)) codes.push(fire)
    }
    if (codes.length) hold('gamepad', codes); else release('gamepad')
    polling = requestAnimationFrame(pollGamepad)
  }
  const startPolling = () => { cancelAnimationFrame(polling); polling = requestAnimationFrame(pollGamepad) }
  addEventListener('gamepadconnected', startPolling, { signal })
  if (navigator.getGamepads?.().some(Boolean)) startPolling()

  return {
    current: () => current,
    close() { stop.abort(); cancelAnimationFrame(polling) },
  }
}
