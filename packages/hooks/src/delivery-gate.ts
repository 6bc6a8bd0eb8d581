// Who owns handlers, and the gate before them: what a host that replaces plugins tells this package.
import { AsyncResource } from 'node:async_hooks'

/** What is parked: a `call` wants an answer, an `emit` is waited for, a `publish` is not. */
export type ParkedKind = 'call' | 'emit' | 'publish'

/**
 * The gate before one plugin's handlers, across its generations. Whoever replaces plugins implements it; dispatch only
 * asks it.
 *
 * Every call of a handler stands between `enter` and `leave`, those that a parked delivery makes too: what was entered
 * and not left is in flight. A handler that timed out has left.
 */
export interface DeliveryGate {
  /** Whether deliveries must be parked. Stays true until everything parked has been replayed, so that order holds. */
  readonly closed: boolean
  /** Whether the generation behind a closed gate is whole still, and so answers what cannot wait. @default false */
  readonly whole?: boolean
  enter(): void
  leave(): void
  /**
   * Keeps `deliver` for when the plugin serves again, behind what is parked already. Resolves once `deliver` was
   * called; `deliver` never throws, and what it returns settles when the handlers that it called have. An `emit` that is
   * answered before, because nobody knows when the plugin serves again, rejects with `CFP_EVENT_KEPT`.
   *
   * @throws `CFP_PLUGIN_BUSY` when the queue is full; an `emit` waits for room.
   */
  park(deliver: () => unknown, kind: ParkedKind): Promise<unknown>
  /**
   * Whether a closed gate lets through what the plugin `source` emits, because it waits for that very plugin.
   *
   * @default nobody
   */
  admits?(source: string): boolean
}

/** Who registers handlers: the host, or one plugin. */
export interface HandlerOwner {
  /** The plugin's name, the same for every generation of it. */
  readonly name: string
  /** Its place among owners where priorities are equal; lower runs first. */
  readonly rank: number
  /** Nothing for handlers that are never parked. */
  readonly gate?: DeliveryGate | undefined
  /** Where the code that serves is from, for errors that name it. */
  readonly source?: { readonly file?: string | undefined; readonly generation: number } | undefined
}

/** Whether what `source` sends must be parked before `owner`, or refused where it is sync. */
export function isParked(owner: HandlerOwner, source: string, sync = false): boolean {
  const gate = owner.gate
  return gate?.closed === true && !(sync && gate.whole) && gate.admits?.(source) !== true
}

/**
 * Parks `deliver`, which is called once or never: then `refused` is. Resolves when what it does is done. What is kept is
 * both: refused now, and called when nobody waits for it any more.
 *
 * It is called in the async context of whoever parks, not of whoever opens the gate.
 */
export async function park(
  gate: DeliveryGate,
  kind: ParkedKind,
  deliver: () => unknown,
  refused: (error: unknown) => void,
): Promise<void> {
  let isOver = false
  let delivered: unknown
  const once = AsyncResource.bind(() => {
    if (!isOver) {
      isOver = true
      delivered = deliver()
    }
    return delivered
  })
  try {
    await gate.park(once, kind)
  } catch (error) {
    if (!isOver) refused(error)
    isOver ||= (error as { code?: unknown } | undefined)?.code !== 'CFP_EVENT_KEPT'
  }
  await delivered
}
