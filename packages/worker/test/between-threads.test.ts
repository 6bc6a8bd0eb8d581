// Two plugins, each in its thread: what goes from one to the other by way of their host.
import { expect, it } from 'vitest'
import { pluginRecord, started } from './plugin-support.ts'

it('services, functions, signals, errors, events and hooks go from thread to thread', async () => {
  const { lifecycle, report } = await started([await pluginRecord('giving'), await pluginRecord('asking')])
  expect(report.failed).toEqual([])
  const asking = lifecycle.service('asking') as { run(): Promise<{ readonly threads: readonly [number, number] }> }
  const result = await asking.run()
  const [own, other] = result.threads
  expect(own).not.toBe(other)
  expect(result).toEqual({
    threads: [own, other],
    each: [own, 2 * own, 3 * own],
    failure: ['CFP_OWN', 'giving', 'RangeError: too far'],
    reason: 'enough',
    bytes: 'hello',
    greeting: `hello you from ${own}`,
    box: ['a box', 1, 2, true, true],
    // Whose plugin starts first, is outermost.
    around: (1 * 2 + 1) * 10 + 0.5,
    answers: [[7, other]],
  })
})
