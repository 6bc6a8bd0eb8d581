// Calls of the host's own hooks, bounded.
import { HotReloadError, isThenable, messageOf } from '@cf-plugins/plugin-api'

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
  let timer: NodeJS.Timeout | undefined
  let giveUp = () => {}
  try {
    const answer = hook()
    if (!isThenable(answer)) return answer
    const late = new Promise<never>((_resolve, reject) => {
      const why = `did not answer within ${BOUND_MS / 1000} s. It must not wait for another reload.`
      timer = setTimeout(() => reject(refuse(why)), BOUND_MS)
      giveUp = () => reject(signal.reason)
      if (signal.aborted) giveUp()
      else signal.addEventListener('abort', giveUp, { once: true })
    })
    return await Promise.race([answer, late])
  } catch (error) {
    throw error instanceof HotReloadError ? error : refuse(`failed: ${messageOf(error)}`, error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}
