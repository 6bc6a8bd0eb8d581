// The processes that run for the comparison: none is left when it ends, however it ends.
import type { ChildProcess } from 'node:child_process'

/** Processes that are leaders of their own groups. */
export class Children {
  readonly #running = new Set<ChildProcess>()

  add(child: ChildProcess): void {
    this.#running.add(child)
  }

  /** Ends a process and all that it started. */
  kill(child: ChildProcess): void {
    this.#running.delete(child)
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch (error) {
      // Nobody of the group is left.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  killAll(): void {
    for (const child of this.#running) this.kill(child)
  }
}
