// Pictures from the service, as elements that are ready to be shown.
import { call } from '../wire.js'

function loadPicture(path) {
  return call('GET', path, {
    async read(reply) {
      const picture = new Image()
      picture.src = URL.createObjectURL(await reply.blob())
      await picture.decode()
      return picture
    },
  })
}

// Resolves to the pictures 0 to n - 1 of an address.
export const loadPictures = (address, n) => Promise.all(
  Array.from({ length: n }, (_, i) => loadPicture(`${address}/pictures/${i}`)))

export function forgetPictures(faces) { for (const face of faces) URL.revokeObjectURL(face.src) }
