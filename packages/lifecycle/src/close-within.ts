// Closes what a host holds, whatever its way to be closed is.
import { type Holdable, isThenable } from '@cf-plugins/plugin-api'
import { atMost, within } from '@cf-plugins/plugin-api/host'

/** How long a server may take once its connections are closed by force, in milliseconds. */
const FORCED_MS = 1000

/** Whether `closeWithin` knows a way to close it. */
export function isHoldable(value: unknown): value is Holdable {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return Symbol.asyncDispose in value || Symbol.dispose in value || isClosable(value)
}

/**
 * Closes a resource, and a server's connections by force where those outlast the bound.
 *
 * @throws what it threw, or that it did not close in time
 */
export async function closeWithin(resource: Holdable, boundMs: number): Promise<void> {
  const closing = Promise.resolve(close(resource))
  if (hasConnections(resource)) {
    let isClosed = false
    const closed = closing.finally(() => {
      isClosed = true
    })
    await atMost(closed, boundMs)
    if (!isClosed) resource.closeAllConnections()
    boundMs = FORCED_MS
  }
  await within(closing, { ms: boundMs, late: () => new Error('it did not close in time') })
}

function close(resource: Holdable): unknown {
  if (Symbol.asyncDispose in resource) return resource[Symbol.asyncDispose]()
  if (Symbol.dispose in resource) return resource[Symbol.dispose]()
  const result = resource.close()
  // `close` of a server returns the server, which has no `then`.
  return isThenable(result) ? result : undefined
}

function isClosable(value: object): value is { close(): unknown } {
  return typeof (value as { close?: unknown }).close === 'function'
}

function hasConnections(resource: object): resource is { closeAllConnections(): unknown } {
  return typeof (resource as { closeAllConnections?: unknown }).closeAllConnections === 'function'
}
