// How annotators and inspectors come in: a session, then the introduction and consent once.
import { introductionDone, openSession } from '../wire.js'
import { askConsent, buttonPressed, offerTimes, showSection, waitFor } from '../frame.js'

// Resolves to 'active', or to the state in which the person cannot go on.
export async function enter() {
  const entry = await waitFor(openSession(), 'We keep trying to reach the service.')
  if (entry.state !== 'active') return entry.state
  if (entry.consented) {
    offerTimes(entry.times)
    return 'active'
  }
  if (!introductionDone.get()) {
    showSection('intro')
    await buttonPressed('begin')
    introductionDone.set(true)
  }
  return await askConsent() ? 'active' : 'declined'
}
