// A plugin that ends its thread in every way that there is, when it is told to.
import { execSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { threadId } from 'node:worker_threads'
import type { PluginContext } from '@cf-plugins/plugin-api'

export const PLUGIN_META = {
  name: 'fragile',
  version: '1.0.0',
  execution: 'worker',
  provides: ['counter'],
  worker: { callMs: 400, heapMb: 64 },
  state: { initial: { kept: 0 } },
}

type Context = PluginContext<unknown, unknown, unknown, { kept: number }>
type Way = 'loop' | 'regex' | 'wait' | 'exec' | 'exit' | 'throw' | 'reject' | 'memory'

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const kept: unknown[] = []
const WAYS: Readonly<Record<Way, () => unknown>> = {
  loop: () => {
    for (;;);
  },
  regex: () => /^(a+)+$/.test(`${'a'.repeat(40)}b`),
  wait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  exec: () => execSync('sleep 3'),
  exit: () => process.exit(3),
  throw: () => {
    setImmediate(() => {
      throw new Error('nobody caught this')
    })
    return new Promise(() => {})
  },
  reject: () => {
    Promise.reject(new Error('nobody took this'))
    return new Promise(() => {})
  },
  memory: () => {
    for (;;) kept.push(new Array(100_000).fill({}).map(() => ({})))
  },
}

export class Fragile {
  readonly #context: Context
  /** What a reload carries over. */
  total = 0
  /** The hook in which it ends its thread. */
  #fatal = ''

  constructor(context: Context) {
    this.#context = context
    context.on('add', (by: number) => {
      this.total += by
    })
    context.on('fatal', (hook: string) => {
      this.#fatal = hook
    })
    context.on('end', (way: Way) => WAYS[way]())
    context.on('quick', () => threadId, { timeoutMs: 200 })
    context.on('slow', (ms: number) => after(ms), { idempotent: true })
    context.on('slow.once', (ms: number) => after(ms))
    const emitter = new EventEmitter()
    context.listen(emitter, 'ping', () => context.publish('listened', threadId))
    context.on('ping', () => void emitter.emit('ping'))
    context.every(30, () => context.publish('tick', threadId))
    context.state.watch(({ kept }) => context.publish('watched', [threadId, kept]))
    context.hooks.on('who', () => threadId)
    context.pipeline<number>('sum').step('fragile', (value) => value + 1)
    context.provide('counter', { next: () => ++this.total })
  }

  getReloadState() {
    this.#endIn('getReloadState')
    return { total: this.total }
  }

  setReloadState({ total }: { total: number }) {
    this.total = total
  }

  onDisable() {
    this.#endIn('onDisable')
  }

  teardown() {
    this.#endIn('teardown')
  }

  end(way: Way): unknown {
    return WAYS[way]()
  }

  thread(): number {
    return threadId
  }

  count(): number {
    return this.total
  }

  keep(): Promise<unknown> {
    return this.#context.state.update((draft) => void draft.kept++)
  }

  kept(): number {
    return this.#context.state.value.kept
  }

  /** Blocks, and may. */
  spin(ms: number): number {
    this.#context.publish('spinning')
    const end = performance.now() + ms
    while (performance.now() < end);
    return threadId
  }

  async spinLater(ms: number): Promise<number> {
    await after(1)
    return this.spin(ms)
  }

  wait(ms: number): Promise<unknown> {
    return after(ms)
  }

  #endIn(hook: string): void {
    if (this.#fatal === hook) process.exit(5)
  }
}

/** What it uses of its host. */
export interface App {
  readonly isSpoiled?: boolean
  reload?(): Promise<{ readonly outcome: string }>
}

export function register(app: App, context: Context): Fragile {
  if (app.isSpoiled) throw new Error('spoiled')
  context.on('reload', async () => context.publish('reloaded', await app.reload?.()))
  return new Fragile(context)
}
