// What watchers are told of states: each transition once, each from where the one before it led.
import { expect } from 'vitest'
import { stateChannel } from '../../src/channels.ts'
import type { Lifecycle } from '../../src/index.ts'

interface Change {
  readonly plugin: string
  readonly from: string
  readonly to: string
}

/** Listens to a lifecycle in both ways there are. */
export class Transitions implements Disposable {
  readonly #watched: Change[] = []
  readonly #published: Change[] = []
  readonly #undo: () => void

  constructor(lifecycle: Lifecycle) {
    const unwatch = lifecycle.watch(({ plugin, from, to }) => void this.#watched.push({ plugin, from, to }))
    const hear = (message: unknown) => {
      const { plugin, from, to } = message as Change
      this.#published.push({ plugin, from, to })
    }
    stateChannel.subscribe(hear)
    this.#undo = () => {
      unwatch()
      stateChannel.unsubscribe(hear)
    }
  }

  /** Fails where the story of a plugin has a gap, says something twice, or ends elsewhere than the plugin. */
  check(lifecycle: Lifecycle): void {
    expect(this.#published).toEqual(this.#watched)
    const states = new Map<string, string>()
    for (const { plugin, from, to } of this.#watched) {
      expect([plugin, from]).toEqual([plugin, states.get(plugin) ?? 'resolved'])
      expect(to).not.toBe(from)
      states.set(plugin, to)
    }
    for (const { plugin, state } of lifecycle.statuses()) {
      expect([plugin, states.get(plugin) ?? 'resolved']).toEqual([plugin, state])
    }
  }

  [Symbol.dispose](): void {
    this.#undo()
  }
}
