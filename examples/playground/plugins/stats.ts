// Shows handleEvent. Remove this file and put it back: it goes on counting where it was.
import { BasePlugin, type EventContext, hook, plugin } from 'cf-plugins'
import type { StatusLine } from './_shared/status-line.ts'

interface Seen {
  /** When the first event came, in milliseconds since the epoch. */
  readonly since: number
  readonly events: Readonly<Record<string, number>>
}

@plugin({
  name: 'stats',
  version: '1.0.0',
  description: 'Counts events',
  events: ['clock.second', 'counter.added', 'milestone.passed'],
})
export default class StatsPlugin extends BasePlugin {
  #since = Date.now()
  #events = new Map<string, number>()

  override handleEvent(event: string, _context: EventContext): void {
    this.#events.set(event, (this.#events.get(event) ?? 0) + 1)
  }

  readonly seen = (): Seen => ({ since: this.#since, events: Object.fromEntries(this.#events) })

  override getReloadState(): Seen {
    return this.seen()
  }

  override setReloadState({ since, events }: Seen): void {
    this.#since = since
    this.#events = new Map(Object.entries(events))
  }

  @hook('status')
  status(): StatusLine {
    const total = [...this.#events.values()].reduce((sum, count) => sum + count, 0)
    return { plugin: this.name, line: `${total} events since ${new Date(this.#since).toLocaleTimeString()}` }
  }
}
