// What the demo says of an event loop is so.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { delayOf, measureLoopDelay } from '../src/loop-delay.ts'

it('a stall counts by its length, though it is one of a thousand turns', () => {
  const quiet = new Array<number>(1000).fill(1)
  expect(delayOf(quiet)).toEqual({ max: 0, p99: 0 })
  expect(delayOf([...quiet, 201])).toEqual({ max: 200, p99: 200 })
  // Less than a hundredth of the time.
  expect(delayOf([...quiet, 9])).toEqual({ max: 8, p99: 0 })
  expect(delayOf([])).toEqual({ max: 0, p99: 0 })
})

it('a block is measured, the one that is on when measuring ends too', async () => {
  const ended = measureLoopDelay()
  await sleep(20)
  block(100)
  await sleep(20)
  const end = measureLoopDelay()
  block(60)
  expect(end().max).toBeGreaterThanOrEqual(59)
  expect(ended().max).toBeGreaterThanOrEqual(99)
})

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
