// Requests from a second process to the server that a plugin holds.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What the second process tells, all from its beginning. */
export interface WebTold {
  readonly answered: number
  readonly failed: number
  /** Some of the failures, in words. */
  readonly failures: readonly string[]
}

export class WebLoad {
  #child: ChildProcess | undefined
  #told: WebTold = { answered: 0, failed: 0, failures: [] }

  get answered(): number {
    return this.#told.answered
  }

  get failed(): number {
    return this.#told.failed
  }

  get failures(): readonly string[] {
    return this.#told.failures
  }

  /** Resolves when the first request was answered. */
  async start(port: number): Promise<void> {
    const script = fileURLToPath(new URL('children/web-load.ts', import.meta.url))
    const child = spawn(process.execPath, [...process.execArgv, script, String(port)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    child.on('message', (told) => {
      this.#told = told as WebTold
    })
    await once(child, 'message')
  }

  /** Resolves when all its requests are over, and told. */
  async stop(): Promise<void> {
    const child = this.#child
    if (!child) return
    this.#child = undefined
    const ended = once(child, 'close')
    child.send('stop')
    await ended
  }
}
