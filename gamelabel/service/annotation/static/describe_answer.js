// An answer in words, so that nobody needs to see it in the form.
const RATINGS = { overall: 'overall', alignment: 'fits the words', fidelity: 'quality' }
const joined = list => list.length > 1 ? `${list.slice(0, -1).join(', ')} and ${list.at(-1)}` : list[0]
const pictures = numbers => `picture${numbers.length > 1 ? 's' : ''} ${joined(numbers.map(n => n + 1))}`
const percent = share => `${Math.round(100 * share)} %`

const TEXTS = {
  rate: answer => joined(Object.entries(RATINGS).map(([name, text]) => `${text} ${answer[name]}`)),
  issues: ({ issues }, { step }) => issues.length
    ? joined(step.options.filter(({ name }) => issues.includes(name)).map(({ text }) => `“${text}”`)) : 'none of them',
  words: ({ words }, { item }) => words.length ? joined(words.map(n => `“${item.words[n]}”`)) : 'it shows all words',
  categorise({ category, problematic }, { step }) {
    const { text } = step.options.find(({ name }) => name === category)
    return `“${text}”${problematic ? ', and harmful or offensive' : ''}`
  },
  compare: ({ chosen }, { step }) => `picture ${step.pictures.indexOf(chosen) + 1} of the two`,
  rank: ({ places }) => places.map((tied, i) => `place ${i + 1}: ${pictures(tied)}`).join('; '),
  regions: ({ points }) => points.length
    ? joined(points.map(([x, y]) => `${percent(x)} from the left and ${percent(y)} from the top`)) : 'nothing is wrong',
}

// `asked` has the item and the step.
export const describeAnswer = (answer, asked) => TEXTS[asked.step.kind](answer, asked)
