// What plugins hold open: their timers, their listeners, their additions to the app.
import { EventEmitter } from 'node:events'
import { NAMES } from './shape.ts'

/** Longer than any test: a timer of a plugin, told from the timers of those who run it. */
export const PLUGIN_TIMER_MS = 86_400_000

type Set = typeof setInterval
type Clear = typeof clearInterval

/** Counts the plugins' timers, until it is disposed of. */
export class PluginTimers implements Disposable {
  readonly #open = new globalThis.Set<unknown>()
  readonly #undo: () => void

  constructor() {
    const { setInterval, clearInterval, setTimeout, clearTimeout } = globalThis
    globalThis.setInterval = this.#counted(setInterval)
    globalThis.setTimeout = this.#counted(setTimeout as unknown as Set) as unknown as typeof setTimeout
    globalThis.clearInterval = this.#cleared(clearInterval)
    globalThis.clearTimeout = this.#cleared(clearTimeout)
    this.#undo = () => Object.assign(globalThis, { setInterval, clearInterval, setTimeout, clearTimeout })
  }

  get open(): number {
    return this.#open.size
  }

  [Symbol.dispose](): void {
    this.#undo()
    for (const timer of this.#open) clearTimeout(timer as NodeJS.Timeout)
    this.#open.clear()
  }

  #counted(set: Set): Set {
    return ((task: (...args: never[]) => void, ms?: number, ...args: never[]) => {
      const timer = set(() => task(...args), ms)
      if (ms === PLUGIN_TIMER_MS) this.#open.add(timer)
      return timer
    }) as unknown as Set
  }

  #cleared(clear: Clear): Clear {
    return (timer) => {
      this.#open.delete(timer)
      clear(timer)
    }
  }
}

/** What a plugin adds to the app. */
export interface View {
  /** Called when the addition appears. */
  onShown: () => void
}

/** What plugins hold of their host. */
export class Resources {
  /** One for each plugin, which listens to it. */
  readonly emitters = new Map(NAMES.map((name) => [name, new EventEmitter()]))
  /** Additions to the app that are in sight, by plugin. */
  readonly shown = new Map<string, View>()
  readonly timers = new PluginTimers()

  readonly scopeApp = (_app: unknown, { name }: { readonly name: string }) => {
    const view: View = { onShown: () => {} }
    return {
      view,
      commit: () => {
        this.shown.set(name, view)
        view.onShown()
      },
      dispose: () => {
        if (this.shown.get(name) === view) this.shown.delete(name)
      },
    }
  }

  listenersOf(name: string): number {
    return this.emitters.get(name)?.listenerCount('x') ?? 0
  }
}
