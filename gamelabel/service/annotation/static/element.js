// Makes an element with properties, attributes under `attributes`, and children.
export function make(name, { attributes = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties)
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  element.append(...children)
  return element
}

export const pictureOf = ({ src, naturalWidth, naturalHeight }, alt) => {
  const image = make('img', { src, alt, draggable: false })
  image.width = naturalWidth
  image.height = naturalHeight
  return image
}

// A picture as large as the space around it allows.
export function viewOf(face, alt, name = 'div', properties = {}) {
  const view = make(name, { className: 'view', ...properties }, pictureOf(face, alt))
  view.style.setProperty('--ratio', String(face.naturalWidth / face.naturalHeight))
  return view
}
