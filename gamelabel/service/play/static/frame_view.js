// Draws frames on a canvas. A message is laid out as gamelabel/games/play/frame_codec.py says.
const SAME = 0, WHOLE = 1, ROWS = 2, PNG = 3
const HEADER = 11, OPAQUE = 0xff000000

async function inflate(body) {
  const stream = new Blob([body]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

// `shown(frame)` is called with the number of each frame that is on the canvas now.
export function makeView(canvas, shown) {
  const context = canvas.getContext('2d', { alpha: false })
  const palette = new Uint32Array(256)
  let colors = 0, image = null, pixels = null
  let last = Promise.resolve()  // messages are drawn in their order, although inflating is not awaited

  function resize(width, height) {
    if (canvas.width === width && canvas.height === height && image) return
    canvas.width = width
    canvas.height = height
    canvas.style.setProperty('--aspect', String(width === 160 && height === 210 ? 4 / 3 : width / height))
    image = context.createImageData(width, height)
    pixels = new Uint32Array(image.data.buffer)
  }

  function addColors(data, n, isNew) {
    if (isNew) colors = 0
    for (let i = 0; i < n; i++) {
      palette[colors++] = OPAQUE | data[3 * i + 2] << 16 | data[3 * i + 1] << 8 | data[3 * i]
    }
  }

  function drawRows(data, width, height, n, isWhole) {
    addColors(data, n, isWhole)
    const mask = 3 * n
    let at = isWhole ? mask : mask + Math.ceil(height / 8), first = height, after = 0
    for (let row = 0; row < height; row++) {
      if (!isWhole && !(data[mask + (row >> 3)] >> (row & 7) & 1)) continue
      const start = row * width
      for (let x = 0; x < width; x++) pixels[start + x] = palette[data[at + x]]
      at += width
      first = Math.min(first, row)
      after = row + 1
    }
    if (after) context.putImageData(image, 0, 0, 0, first, width, after - first)
  }

  async function draw(kind, frame, width, height, n, ready) {
    const data = await ready
    if (kind !== SAME) resize(width, height)
    if (kind === PNG) {
      context.drawImage(data, 0, 0)
      data.close()
    } else if (kind !== SAME) drawRows(data, width, height, n, kind === WHOLE)
    shown(frame)
  }

  return {
    // Takes a message as an ArrayBuffer.
    add(message) {
      const view = new DataView(message), kind = view.getUint8(0), body = new Uint8Array(message, HEADER)
      const ready = kind === PNG ? createImageBitmap(new Blob([body], { type: 'image/png' }))
        : kind === SAME ? null : inflate(body)
      const [frame, width, height, n] = [view.getUint32(1, true), view.getUint16(5, true), view.getUint16(7, true), view.getUint16(9, true)]
      last = last.then(() => draw(kind, frame, width, height, n, ready))
      return last
    },
  }
}
