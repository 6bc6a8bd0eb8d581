// How plugins are, as a host may ask at any time.
import { describe, expect, it } from 'vitest'
import { deferred, lifecycleOf, never, plugin, rejection, started, until } from './support.ts'

const timeouts = { reloadMs: 30 }

describe('health', () => {
  it('asks every active plugin, side by side, and one without the hook is healthy', async () => {
    const both = deferred()
    let asked = 0
    const health = async () => {
      asked++
      if (asked === 2) both.resolve()
      await both.promise
      return { status: 'degraded' as const, message: 'half of the pool is gone' }
    }
    const lifecycle = await started([
      plugin({ name: 'a' }, () => ({ health })),
      plugin({ name: 'b' }, () => ({ health }), { generation: 3 }),
      plugin({ name: 'c' }),
      plugin({ name: 'off', enabled: false }, () => ({ health })),
    ])
    const message = 'half of the pool is gone'
    expect(await lifecycle.health()).toMatchObject([
      { plugin: 'a', generation: 1, status: 'degraded', message },
      { plugin: 'b', generation: 3, status: 'degraded', message },
      { plugin: 'c', generation: 1, status: 'healthy' },
    ])
    expect(asked).toBe(2)
  })

  it('takes a hook that throws, that hangs and that answers nonsense for unhealthy, and says why', async () => {
    const lifecycle = await started([
      plugin({ name: 'hangs', timeouts }, () => ({ health: never })),
      plugin({ name: 'nonsense' }, () => ({ health: () => 'fine' as never })),
      plugin({ name: 'throws' }, () => ({
        health() {
          throw new Error('the disk is full')
        },
      })),
      plugin({ name: 'well' }, () => ({ health: () => ({ status: 'healthy' as const }) })),
    ])
    const [hangs, nonsense, throws, well] = await lifecycle.health()
    expect(hangs).toMatchObject({ plugin: 'hangs', status: 'unhealthy' })
    expect(hangs?.message).toContain('did not finish health() within 30 ms')
    expect(nonsense).toMatchObject({ plugin: 'nonsense', status: 'unhealthy' })
    expect(nonsense?.message).toContain("did not return { status: 'healthy' | 'degraded' | 'unhealthy', message? }")
    expect(throws).toMatchObject({ plugin: 'throws', status: 'unhealthy', message: 'the disk is full' })
    expect(well).toMatchObject({ plugin: 'well', status: 'healthy' })
  })

  it('asks one plugin, and refuses one that is not active, with the reason', async () => {
    const lifecycle = await started([
      plugin({ name: 'a' }, () => ({ health: () => ({ status: 'unhealthy' as const }) })),
      plugin({ name: 'down' }, () => Promise.reject(new Error('no port'))),
    ])
    expect(await lifecycle.health('a')).toMatchObject({ plugin: 'a', status: 'unhealthy' })
    expect(await rejection(lifecycle.health('down'))).toMatchObject({
      code: 'CFP_NOT_ACTIVE',
      message: expect.stringContaining('no port'),
    })
    expect(await rejection(lifecycle.health('nobody'))).toMatchObject({ code: 'CFP_PLUGIN_UNKNOWN' })
  })

  it('says nothing of a plugin that goes while it is asked', async () => {
    const answer = deferred<{ status: 'healthy' }>()
    let isAsked = false
    const health = () => {
      isAsked = true
      return answer.promise
    }
    const lifecycle = await started([plugin({ name: 'a' }, () => ({ health })), plugin({ name: 'b' })])
    const asked = lifecycle.health()
    await until(() => isAsked)
    await lifecycle.unload('a')
    answer.resolve({ status: 'healthy' })
    expect((await asked).map(({ plugin }) => plugin)).toEqual(['b'])
  })
})

describe("the host's policy for failures", () => {
  it('ends the start for a plugin that says nothing, and the plugin has the last word', async () => {
    const failing = (onFailure?: 'continue') => [
      plugin({ name: 'bad', ...(onFailure && { onFailure }) }, () => Promise.reject(new Error('no'))),
      plugin({ name: 'good' }),
    ]
    const strict = lifecycleOf(failing(), { onFailure: 'abort' })
    expect(await rejection(strict.start())).toMatchObject({ code: 'CFP_START_ABORTED' })
    expect(strict.status('good').state).toBe('stopped')
    const spared = lifecycleOf(failing('continue'), { onFailure: 'abort' })
    expect((await spared.start()).active).toEqual(['good'])
    expect((await lifecycleOf(failing()).start()).active).toEqual(['good'])
  })
})
