// Shows state that outlives its code: edit STEP and save, and the count goes on from where it was.
import { BasePlugin, type PluginContext, type PluginMeta } from 'cf-plugins'
import type { StatusLine } from './_shared/status-line.ts'

const STEP = 1

export interface CounterService {
  /** Counts, and gives the new count. */
  add(): number
  count(): number
}

export const PLUGIN_META = {
  name: 'counter',
  version: '1.0.0',
  description: 'Counts seconds, and calls',
  dependencies: ['clock'],
} satisfies PluginMeta

export async function register(app: unknown, context: PluginContext) {
  return new CounterPlugin(app, context)
}

class CounterPlugin extends BasePlugin implements CounterService {
  #count = 0
  #seconds = 0

  override setup(): void {
    const { on, hooks } = this.context
    on('clock.second', () => {
      this.#seconds += STEP
    })
    hooks.on('status', (): StatusLine => ({ plugin: this.name, line: this.#line() }))
  }

  readonly add = (): number => {
    this.#count += STEP
    this.context.publish('counter.added', this.#count)
    return this.#count
  }

  readonly count = (): number => this.#count

  override getReloadState() {
    return { count: this.#count, seconds: this.#seconds }
  }

  override setReloadState(state: { count: number; seconds: number }): void {
    this.#count = state.count
    this.#seconds = state.seconds
  }

  #line(): string {
    return `${this.#seconds} seconds and ${this.#count} calls, in steps of ${STEP}`
  }
}
