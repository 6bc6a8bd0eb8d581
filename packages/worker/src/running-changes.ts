// Changes of the state that a plugin makes in its thread, to tell one that asks for what it has itself.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type SharedStateRef, StatePreservationError } from '@cf-plugins/plugin-api'
import type { StatePartAddress } from './context-ops.ts'
import { partLabel } from './state-value.ts'

/** The changes of one plugin. Its host cannot tell: what it is asked for in a change has come from another thread. */
export class RunningChanges {
  readonly #plugin: string
  // Made with the first change: it costs every await of this thread, and no other's.
  #parts: AsyncLocalStorage<ReadonlySet<string>> | undefined

  constructor(plugin: string) {
    this.#plugin = plugin
  }

  /** For a change that is asked for here: what calls its code, which has these parts until it has ended. */
  begin(parts: readonly StatePartAddress[]): <T>(code: () => T) => T {
    this.#parts ??= new AsyncLocalStorage()
    const inside = this.#parts
    // The host calls the code, and knows nothing of who waits for that here.
    const held = new Set([...(inside.getStore() ?? []), ...parts.map(keyOf)])
    return (code) => inside.run(held, code)
  }

  /** @throws `CFP_STATE_REENTRANT` where a change would wait for itself */
  assertNotIn(part: StatePartAddress): void {
    if (!this.#parts?.getStore()?.has(keyOf(part))) return
    const message = `Plugin "${this.#plugin}" asked for ${partLabel(part.shared)} from within a change of it, which would wait for itself. Change the draft that the change is given, or use the state that the transaction is given.`
    throw new StatePreservationError('CFP_STATE_REENTRANT', message, { plugin: this.#plugin, phase: 'state' })
  }
}

function keyOf({ shared, transaction }: StatePartAddress): string {
  return JSON.stringify([transaction ?? null, nameOf(shared) ?? null])
}

function nameOf(shared: string | SharedStateRef<unknown> | undefined): string | undefined {
  return typeof shared === 'object' ? shared?.name : shared
}
