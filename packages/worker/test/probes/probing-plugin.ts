// A plugin that tells what it sees of its context. The same file runs inline and in a thread.
import { EventEmitter } from 'node:events'
import { threadId } from 'node:worker_threads'
import type { EventContext } from '@cf-plugins/plugin-api'
import { EVENT_PROBES } from './event-probes.ts'
import { HOOK_PROBES } from './hook-probes.ts'
import { OTHER_PROBES } from './other-probes.ts'
import { Cart, type Context, caught, Helper, nothing, Orders, type Probes, thrownBy } from './probing.ts'
import { RANDOM_PROBES } from './random-probes.ts'
import { STATE_PROBES } from './state-probes.ts'

export const PLUGIN_META = {
  name: 'probe',
  version: '1.2.3',
  description: 'Tells what it sees.',
  dependencies: ['helper'],
  optionalDependencies: ['missing'],
  collects: ['part'],
  provides: ['probe.made', 'probe.each'],
  events: ['told.*'],
  permissions: [
    'service:*',
    'event:*',
    'emit:allowed*',
    'emit:told*',
    'emit:data*',
    'hook:probe.*',
    'hook:helper.*',
    'pipeline:probe.*',
    'state:*',
  ],
  state: { initial: { count: 0, list: [{ id: 1 }] }, shared: ['cart', 'stock'] },
  stateVersion: 3,
}

export const PROBES: Probes = { ...OTHER_PROBES, ...EVENT_PROBES, ...HOOK_PROBES, ...STATE_PROBES, ...RANDOM_PROBES }

/** What `setup` and `register` find out. */
function early(context: Context): unknown[] {
  const { emit, publish, state, hooks, pipeline, inject, reason } = context
  publish('allowed.early', 'kept until the commit')
  return [
    reason,
    thrownBy(() => inject(Helper)),
    state.value,
    thrownBy(() => state.shared(Cart).set({ items: [] })),
    thrownBy(() => hooks.callSync('helper.double', 1)),
    caught(() => emit('allowed.x')),
    caught(() => hooks.call('helper.double', 1)),
    caught(() => pipeline(Orders).run({ total: 1, log: [] })),
  ]
}

export function register(app: { readonly title: string }, context: Context) {
  const registered = early(context)
  let inSetup: unknown[] = []
  const handled: unknown[] = []
  const emitter = new EventEmitter()
  const counts = { sent: 0, heard: 0, ticks: 0 }
  const beat = setInterval(() => {
    counts.sent++
    emitter.emit('beat')
  }, 2)
  context.own(() => clearInterval(beat))
  context.listen(emitter, 'beat', () => void counts.heard++)
  context.every(2, () => void counts.ticks++)
  context.on('allowed.early', (payload) => void handled.push(payload))
  const release = (label: string) => () => void context.logger.info(`released ${label}`)
  context.own(release('first'))
  context.own({ [Symbol.dispose]: release('second') })
  context.own({ [Symbol.asyncDispose]: async () => release('third')() })
  const offer = (what: string) => ({ what, upper: (text: string) => `${what} ${text}`.toUpperCase() })
  context.provide('probe.made', offer('made'))
  context.signal.addEventListener('abort', () => context.logger.info(`aborted: ${context.signal.reason.name}`))
  return {
    title: app.title,
    thread: threadId,
    isSameApp: app === context.app,
    setup: async () => {
      inSetup = early(context)
      if (context.meta.description === 'unready') throw new TypeError('not ready', { cause: new Error('no disk') })
    },
    handleEvent: (event: string, { payload }: EventContext) => void handled.push([event, payload]),
    onEnable: () => void handled.push('enabled'),
    onDisable: () => void handled.push('disabled'),
    onReload: () => void handled.push('reloaded'),
    getReloadState: () => ({ handled: handled.length, at: new Map([['depth', context.config.depth]]) }),
    setReloadState: (state: unknown) => void handled.push(state),
    counts: () => ({ ...counts }),
    health: () => ({ status: 'degraded' as const, message: 'as a test' }),
    onConfigChange: (config: Context['config'], previous: Context['config']) => {
      handled.push(['config', config.depth, previous.depth, config === context.config])
      if (config.depth === 13) throw new Error('unlucky')
    },
    teardown: async () => {
      const ended = [
        thrownBy(() => context.on('allowed.x', nothing)),
        thrownBy(() => context.publish('allowed.early')),
        thrownBy(() => context.every(1, nothing)),
        thrownBy(() => context.inject(Helper)),
        thrownBy(() => context.state.set({ count: 1, list: [] })),
        thrownBy(() => context.state.value),
        await caught(() => context.emit('allowed.x')),
        await caught(() => context.hooks.call('helper.double', 2)),
        await caught(() => context.state.update(nothing)),
        context.signal.aborted,
      ]
      context.logger.info({ ended }, 'torn down')
    },
    early: async () => [await Promise.all(registered), await Promise.all(inSetup), [...handled]],
    probe: (name: string) => PROBES[name]?.(context),
  }
}
