// The second process: asks the running host all the time, and tells what it finds to who started it.
import { Observation } from './observation.ts'
import type { Expectation } from './tour-edits.ts'

/** What the observer is told: a save is about to be made, or has been and must have come to something. */
export interface ObserverRequest {
  readonly when: 'before' | 'after'
  readonly expect: Expectation
}

const [address] = process.argv.slice(2)
if (address === undefined || !process.send) throw new Error('The observer is started by the tour.')

const observation = new Observation(address)
process.on('message', ({ when, expect }: ObserverRequest) => {
  void observation[when](expect)
    .catch((error: unknown) => observation.failure(error))
    .then((finding) => process.send?.(finding))
})
// Nobody is left who would read what it finds; that may be so already.
process.on('disconnect', () => process.exit(0))
if (!process.connected) process.exit(0)
// A terminal interrupts both; the tour ends this one.
process.on('SIGINT', () => {})
