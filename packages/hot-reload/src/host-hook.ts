// Calls of the host's own hooks, bounded.
import { HotReloadError, isThenable, messageOf } from '@cf-plugins/plugin-api'

/** How long a host's hook may take, in milliseconds. */
const BOUND_MS = 10_000

/** The answer of a host's hook. @throws `CFP_RELOAD_HOST_HOOK` where it throws, rejects or hangs */
export async function within(name: string, hook: () => unknown): Promise<unknown> {
  const refuse = (why: string, cause?: unknown) =>
    new HotReloadError('CFP_RELOAD_HOST_HOOK', `${name}() of the host ${why}`, { phase: 'plan', cause })
  let timer: NodeJS.Timeout | undefined
  try {
    const answer = hook()
    if (!isThenable(answer)) return answer
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(refuse(`did not answer within ${BOUND_MS / 1000} s`)), BOUND_MS)
    })
    return await Promise.race([answer, late])
  } catch (error) {
    throw error instanceof HotReloadError ? error : refuse(`failed: ${messageOf(error)}`, error)
  } finally {
    clearTimeout(timer)
  }
}
