// What handlers may return that is a promise in name only, in every kind of hook.
import { type HookKind, hookRef } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { PluginHooks, type ReportedFailure } from '../src/index.ts'
import { QueueGate } from './queue-gate.ts'
import { codeOf, unhandledDuring, until } from './support.ts'

const KINDS: readonly HookKind[] = ['series', 'parallel', 'waterfall', 'bail', 'wrap']

/** A hook of the kind, called with a function where it wraps. */
function hookOf(kind: HookKind, handler: () => unknown) {
  const reported: ReportedFailure[] = []
  const hooks = new PluginHooks({ onFailure: (failure) => reported.push(failure) })
  const gate = new QueueGate()
  const stage = hooks.stage({ name: 'odd', rank: 1, gate })
  hooks.declare(hookRef[kind]('x'))
  stage.on('x', handler)
  stage.commit()
  const args = kind === 'wrap' ? [() => 'inner'] : []
  return {
    gate,
    reported,
    call: () => hooks.call('x', ...args) as Promise<unknown>,
    callSync: () => hooks.callSync('x', ...args),
  }
}

describe.each(KINDS)('a thenable from a handler of kind %s', (kind) => {
  it('that settles twice counts once, and is left once', async () => {
    const { call, gate } = hookOf(kind, () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
      then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => {
        resolve('first')
        reject(new Error('second'))
        resolve('third')
      },
    }))
    for (let times = 0; times < 3; times++) expect([await call()].flat()).toEqual(['first'])
    expect(gate.inFlight).toBe(0)
  })

  it('that throws is a failure, and is left once', async () => {
    const { call, gate } = hookOf(kind, () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
      then: () => {
        throw new Error('odd')
      },
    }))
    for (let times = 0; times < 3; times++) {
      await expect(call()).rejects.toMatchObject({ code: 'CFP_HOOK_FAILED', plugin: 'odd', cause: { message: 'odd' } })
    }
    expect(gate.inFlight).toBe(0)
  })

  it('that cannot even be asked is a failure too', async () => {
    const { call, callSync, gate } = hookOf(kind, () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
      get then() {
        throw new Error('odd')
      },
    }))
    for (let times = 0; times < 3; times++) expect(await codeOf(call)).toBe('CFP_HOOK_FAILED')
    expect(await codeOf(callSync)).toBe('CFP_HOOK_FAILED')
    expect(gate.inFlight).toBe(0)
  })

  it('is refused by callSync, and what it rejects with is told', async () => {
    const { callSync, reported, gate } = hookOf(kind, () => Promise.reject(new Error('odd')))
    const unhandled = await unhandledDuring(async () => {
      for (let times = 0; times < 3; times++) expect(await codeOf(callSync)).toBe('CFP_HOOK_ASYNC')
      await until(() => reported.length === 3)
    })
    expect([unhandled, gate.inFlight]).toEqual([[], 0])
  })
})
