import { describe, expect, it } from 'vitest'
import { deferred, plugin, started, until } from './support.ts'

const DISCARD = { reload: { strategy: 'overlap', state: 'discard' } } as const

describe('what is in flight', () => {
  it('is counted by generation: an old one ends with its own last call, whatever load the new one is under', async () => {
    const ends: (() => void)[] = []
    const log: string[] = []
    const record = (generation: number) =>
      plugin(
        { name: 'a', ...DISCARD },
        (_app, { on }) => {
          on('work', async () => {
            const end = deferred()
            ends.push(end.resolve)
            await end.promise
            log.push(`worked ${generation}`)
          })
          return { teardown: () => void log.push(`teardown ${generation}`) }
        },
        { generation },
      )
    const lifecycle = await started([record(1)], { reloadBounds: { drainMs: 1 } })
    lifecycle.events.publish('work')
    lifecycle.events.publish('work')
    expect(lifecycle.inFlight('a')).toBe(2)
    const reload = lifecycle.reload({ set: [record(2)] })
    await until(() => lifecycle.status('a').generation === 2)
    expect(lifecycle.inFlight('a')).toBe(0)
    lifecycle.events.publish('work')
    await until(() => lifecycle.inFlight('a') === 1)
    const [first, second, third] = ends as [() => void, () => void, () => void]
    first()
    await until(() => log.length > 0)
    expect(log).toEqual(['worked 1'])
    second()
    expect(await reload).toMatchObject({ outcome: 'committed', strategy: 'overlap', problems: [] })
    expect(log).toEqual(['worked 1', 'worked 1', 'teardown 1'])
    expect(lifecycle.inFlight('a')).toBe(1)
    third()
    await until(() => lifecycle.inFlight('a') === 0)
  })

  it('of a lease stays with the generation that it was given', async () => {
    const record = (generation: number) => plugin({ name: 'a', ...DISCARD }, undefined, { generation })
    const lifecycle = await started([record(1)], { reloadBounds: { drainMs: 1 } })
    const end = deferred()
    const lease = lifecycle.use('a', () => end.promise)
    const reload = lifecycle.reload({ set: [record(2)] })
    await until(() => lifecycle.status('a').generation === 2)
    expect(lifecycle.inFlight('a')).toBe(0)
    expect(await lifecycle.use('a', () => 'at once')).toBe('at once')
    end.resolve()
    await lease
    expect((await reload).phases.at(-1)?.phase).toBe('retire')
    expect(lifecycle.inFlight('a')).toBe(0)
  })
})
