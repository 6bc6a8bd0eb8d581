// Who owns handlers, and the gate before them: what a host that replaces plugins tells this package.
import { AsyncResource } from 'node:async_hooks'

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
  enter(): void
  leave(): void
  /**
   * Keeps `deliver` for when the plugin serves again, behind what is parked already. Resolves once `deliver` was
   * called; `deliver` never throws, and what it returns settles when the handlers that it called have.
   *
   * @throws `CFP_PLUGIN_BUSY` when the queue is full.
   */
  park(deliver: () => unknown): Promise<unknown>
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
}

/** Whether what `source` sends must be parked before `owner`. */
export function isParked(owner: HandlerOwner, source: string): boolean {
  const gate = owner.gate
  return gate?.closed === true && gate.admits?.(source) !== true
}

/**
 * Parks `deliver`, which is called once or never: then `refused` is. Resolves when what it does is done.
 *
 * It is called in the async context of whoever parks, not of whoever opens the gate.
 */
export async function park(
  gate: DeliveryGate,
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
    await gate.park(once)
  } catch (error) {
    if (!isOver) refused(error)
    isOver = true
  }
  await delivered
}
