// The observer, as the tour sees it: a child process that is asked, and that ends with the tour.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Finding } from './observation.ts'
import type { ObserverRequest } from './observer.ts'

/** A running observer. */
export interface ObserverProcess {
  readonly pid: number | undefined
  ask(when: ObserverRequest['when'], expect: ObserverRequest['expect']): Promise<Finding>
  stop(): void
}

/** Starts a process that observes the host at `address`. */
export function startObserver(address: string, signal: AbortSignal): ObserverProcess {
  const child = fork(join(import.meta.dirname, 'observer.js'), [address])
  const ask: ObserverProcess['ask'] = (when, expect) =>
    new Promise((resolve, reject) => {
      const settle = (run: () => void) => {
        child.off('message', onMessage).off('exit', onExit).off('error', onError)
        signal.removeEventListener('abort', onAbort)
        run()
      }
      const onMessage = (finding: unknown) => settle(() => resolve(finding as Finding))
      const onExit = () => settle(() => reject(new Error('the observer ended by itself')))
      const onError = (error: Error) => settle(() => reject(error))
      const onAbort = () => settle(() => reject(signal.reason))
      if (signal.aborted) return reject(signal.reason)
      if (!child.connected) return reject(new Error('the observer ended by itself'))
      child.on('message', onMessage).on('exit', onExit).on('error', onError)
      signal.addEventListener('abort', onAbort)
      child.send({ when, expect } satisfies ObserverRequest)
    })
  return { pid: child.pid, ask, stop: () => void child.kill('SIGKILL') }
}
