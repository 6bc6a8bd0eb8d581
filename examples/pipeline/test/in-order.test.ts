// Side by side, in order, and no further ahead than may be.
import { expect, it } from 'vitest'
import { inOrder } from '../src/in-order.ts'

it('gives results in the order of the things, whichever is ready first', async () => {
  const wake: (() => void)[] = []
  const results: number[] = []
  const done = (async () => {
    const works = inOrder(
      [1, 2, 3],
      3,
      (thing) => new Promise<number>((resolve) => wake.push(() => resolve(thing * 10))),
    )
    for await (const result of works) results.push(result)
  })()
  while (wake.length < 3) await Promise.resolve()
  for (const each of wake.toReversed()) each()
  await done
  expect(results).toEqual([10, 20, 30])
})

it('asks for no more than it has room for: whoever takes no results holds up the reading', async () => {
  let asked = 0
  async function* things() {
    for (;;) yield ++asked
  }
  const works = inOrder(things(), 3, async (thing) => thing)
  for (let taken = 1; taken <= 50; taken++) {
    await works.next()
    expect(asked).toBeLessThanOrEqual(taken + 3)
  }
  await works.return()
})

it('throws where the turn of what failed comes, once nothing is under way any more', async () => {
  let running = 0
  const works = inOrder([1, 2, 3, 4], 3, async (thing) => {
    running++
    await new Promise((resolve) => setTimeout(resolve, 5 * thing))
    running--
    if (thing === 2) throw new Error('two')
    return thing
  })
  expect(await works.next()).toEqual({ done: false, value: 1 })
  await expect(works.next()).rejects.toThrow('two')
  expect(running).toBe(0)
})
