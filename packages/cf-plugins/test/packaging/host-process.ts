// A host as its user has it: a process in a terminal, of whose output lines are awaited.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { outsideEnvironment } from './consumer.ts'

const LINE_MS = 20_000

/** A process that runs until it is interrupted. */
export class HostProcess {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #heard = () => {}
  #from = 0

  constructor(command: string, args: readonly string[], cwd: string) {
    this.#child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: outsideEnvironment() })
    this.#child.once('close', () => this.#heard())
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = ''
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        this.#lines.push(...lines)
        this.#heard()
      })
    }
  }

  /** Everything that was written, both streams together. */
  get text(): string {
    return this.#lines.join('\n')
  }

  /** What comes from here on counts for `line`. */
  mark(): void {
    this.#from = this.#lines.length
  }

  /** Waits for a line, after the one that was found before. Gives it. */
  async line(wanted: string | RegExp): Promise<string> {
    const until = AbortSignal.timeout(LINE_MS)
    while (true) {
      const rest = this.#lines.slice(this.#from)
      const at = rest.findIndex((line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line)))
      if (at >= 0) {
        this.#from += at + 1
        return rest[at] as string
      }
      if (until.aborted || this.#child.exitCode !== null)
        throw new Error(`There was no line ${wanted}. All that was written:\n${this.text}`)
      await new Promise<void>((resolve) => {
        this.#heard = resolve
        until.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  /** Ctrl-C. Gives the exit code. */
  async interrupt(): Promise<number | null> {
    const closed = once(this.#child, 'close', { signal: AbortSignal.timeout(LINE_MS) })
    this.#child.kill('SIGINT')
    await closed
    return this.#child.exitCode
  }

  /** Ends it, whatever it does. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
