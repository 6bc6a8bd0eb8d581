// A plugin that does what differs in a thread.
import { EventEmitter } from 'node:events'
import { hookRef, type PluginContext, serviceRef } from '@cf-plugins/plugin-api'
import { audit } from '@cf-plugins/plugin-api/host'

export const PLUGIN_META = {
  name: 'differing',
  version: '1.0.0',
  execution: 'worker',
  dependencies: ['shop'],
  provides: ['each'],
}

interface Stock {
  readonly items: readonly string[]
  readonly key?: unknown
  count(): number | Promise<number>
  seen(context: PluginContext): unknown
}

const Stock = serviceRef<Stock>('shop')
const Around = hookRef.wrap<(value: number) => number>('around')

/** What was thrown at once. */
function thrownBy(task: () => unknown): unknown {
  try {
    return { returned: task() }
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string }
    return { code, message }
  }
}

export function register(app: { readonly title: string; greet(name: string): unknown }, context: PluginContext) {
  const { on, hooks, pipeline, hold, provide, inject, listen, emit, publish } = context
  const offloaded: unknown[] = []
  on('offloaded', (value) => void offloaded.push(value), { offload: true })
  hooks.on('asked', () => 'sync in its thread')
  const probes: Readonly<Record<string, () => unknown>> = {
    condition: () => thrownBy(() => on('x', () => {}, { condition: () => true })),
    'condition of a hook': () => thrownBy(() => hooks.on('x', () => {}, { condition: () => true })),
    'condition of a step': () => thrownBy(() => pipeline('x').step('y', () => {}, { condition: () => true })),
    hold: () => thrownBy(() => hold('port:1', () => ({ close() {} }))),
    'scope plugin': () => thrownBy(() => provide('each', () => ({}), { scope: 'plugin' })),
    'wrap by callSync': () => thrownBy(() => hooks.callSync(Around, (value) => value, 1)),
    app: async () => [app === context.app, app.title, await app.greet('you')],
    'a service': async () => {
      const stock = inject(Stock)
      const before = [...stock.items]
      return [before, await stock.count(), stock.items, Object.isFrozen(stock), thrownBy(() => stock.key)]
    },
    'its context': () => inject(Stock).seen(context),
    listen: async () => {
      const emitter = new EventEmitter()
      const order: string[] = []
      const heard = new Promise<void>((resolve) => {
        listen(emitter, 'x', () => {
          order.push('handler')
          resolve()
        })
      })
      emitter.emit('x')
      order.push('emitted')
      await heard
      return order
    },
    'what cannot be copied': async () => {
      const payload = { deep: [{ lock: new WeakMap() }] }
      const emitted = await emit('x', payload).catch(({ code, message }) => ({ code, message }))
      return [emitted, thrownBy(() => publish('x', payload))]
    },
    audit: () =>
      audit({ host: 'any', action: 'resource.create', outcome: 'done', plugin: 'other', subject: 'reports/1' }),
    offload: async () => {
      await emit('offloaded', 1)
      return offloaded
    },
  }
  return { probe: (name: string) => probes[name]?.() }
}
