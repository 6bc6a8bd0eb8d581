// What several tests of this package need.
import { PluginError } from '@cf-plugins/plugin-api'
import { vi } from 'vitest'

/** The code of the error that `run` throws or rejects with. */
export async function codeOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run()
  } catch (error) {
    return error instanceof PluginError ? error.code : `not a PluginError: ${String(error)}`
  }
  return undefined
}

/** A promise that is settled from outside. */
export function deferred<T = void>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

export const never = (): Promise<never> => new Promise(() => undefined)

/** Waits until `check` holds. */
export const until = (check: () => boolean): Promise<void> =>
  vi.waitFor(
    () => {
      if (!check()) throw new Error('not yet')
    },
    { timeout: 5_000, interval: 2 },
  )

/** Collects rejections that nobody handled, while `run` runs and for a turn of the event loop after it. */
export async function unhandledDuring(run: () => unknown): Promise<unknown[]> {
  const unhandled: unknown[] = []
  const listener = (error: unknown) => unhandled.push(error)
  // The test runner listens too, and would fail the run before the assertion tells why.
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', listener)
  try {
    await run()
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.removeListener('unhandledRejection', listener)
    for (const other of others) process.on('unhandledRejection', other)
  }
  return unhandled
}
