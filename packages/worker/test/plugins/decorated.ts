// A class with decorators, in a thread.
import { threadId } from 'node:worker_threads'
import {
  BasePlugin,
  type EventContext,
  hook,
  hookRef,
  type InThread,
  inject,
  plugin,
  serviceRef,
} from '@cf-plugins/plugin-api'

interface Sums {
  add(one: number, other: number): number
}

const Sums = serviceRef<InThread<Sums>>('sums')
export const Title = hookRef.waterfall<(title: string) => string>('title')

interface Config {
  readonly greeting: string
}

@plugin({
  name: 'decorated',
  version: '1.0.0',
  execution: 'worker',
  events: ['greet.*'],
  stateVersion: 1,
  dependencies: ['sums'],
})
export default class Decorated extends BasePlugin<unknown, Config> {
  @inject(Sums) accessor sums!: InThread<Sums>
  readonly thread = threadId
  readonly noted: unknown[] = []
  #total = 0

  override async setup(): Promise<void> {
    this.#total += await this.sums.add(1, 2)
    this.noted.push(`set up: ${this.config.greeting}, ${this.context.reason}`)
  }

  @hook(Title, { priority: 'low' })
  title(title: string): string {
    return `${title} ${this.#total}`
  }

  @hook('plus')
  async plus(by: number): Promise<number> {
    this.#total += by
    return this.#total
  }

  override handleEvent(event: string, { payload, source }: EventContext): void {
    this.noted.push([event, payload, source])
  }

  override onEnable(): void {
    this.noted.push('enabled')
  }

  override onDisable(): void {
    this.noted.push('disabled')
  }

  override onReload(): void {
    this.noted.push('reloaded')
  }

  override onConfigChange(config: Config, previous: Config): void {
    if (config.greeting === 'no') throw new Error('not with me')
    this.noted.push(`${previous.greeting} became ${config.greeting}, ${config === this.config}`)
  }

  override getReloadState() {
    return { total: this.#total, at: new Map([['thread', this.thread]]) }
  }

  override setReloadState({ total, at }: { readonly total: number; readonly at: ReadonlyMap<string, number> }): void {
    this.#total = total
    this.noted.push(['state', total, at.get('thread') !== this.thread])
  }

  override health() {
    return { status: 'healthy' as const, message: `${this.#total} by now` }
  }

  seen(): readonly unknown[] {
    return this.noted
  }
}
