// Calls of the host's own hooks, bounded.
import { HotReloadError, messageOf } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'

/** How long a host's hook may take, in milliseconds. */
const BOUND_MS = 10_000

/**
 * The answer of a host's hook. Once `signal` aborts nobody waits for it any more: it may itself wait for the stop.
 *
 * @throws `CFP_RELOAD_HOST_HOOK` where the hook throws, rejects or hangs; the signal's reason
 */
export async function callHost(name: string, hook: () => unknown, signal: AbortSignal): Promise<unknown> {
  const refuse = (why: string, cause?: unknown) =>
    new HotReloadError('CFP_RELOAD_HOST_HOOK', `${name}() of the host ${why}`, { phase: 'plan', cause })
  const late = () => refuse(`did not answer within ${BOUND_MS / 1000} s. It must not wait for another reload.`)
  try {
    return await within(hook(), { ms: BOUND_MS, late, signal })
  } catch (error) {
    throw error instanceof HotReloadError ? error : refuse(`failed: ${messageOf(error)}`, error)
  }
}
