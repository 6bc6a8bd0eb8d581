// A plugin in a thread, as a class with decorators.
import { threadId } from 'node:worker_threads'
import { BasePlugin, hook, hookRef, type InThread, inject, plugin } from '@cf-plugins/plugin-api'

export interface Clock {
  now(): number
  readonly zone: string
}

export const Title = hookRef.waterfall<(title: string) => string>('title')
export const Around = hookRef.wrap<(value: number) => number>('around')

@plugin({ name: 'classy', version: '1.0.0', execution: 'worker', worker: { callMs: 500 } })
export default class Classy extends BasePlugin {
  @inject('clock') accessor clock!: InThread<Clock>
  readonly label = 'a class'
  #seen = 0

  override setup() {
    this.logger.info('setup')
  }

  override teardown() {
    this.logger.info('teardown')
  }

  override health() {
    return { status: 'healthy' as const, message: `${this.#seen} seen` }
  }

  @hook('where')
  where() {
    this.#seen++
    return threadId
  }

  @hook(Title, { priority: 'high' })
  upper(title: string) {
    return title.toUpperCase()
  }

  @hook(Around)
  async double(next: (value: number) => number | PromiseLike<number>, value: number) {
    return (await next(value + 1)) * 2
  }

  @hook('stuck', { timeoutMs: 200 })
  stuck() {
    for (;;);
  }

  async time() {
    return `${await this.clock.now()} ${this.clock.zone}`
  }
}
