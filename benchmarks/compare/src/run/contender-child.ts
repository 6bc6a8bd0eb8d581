// One contender's process, seen from the comparison: every wait for it is bounded, and it never outlives what it is for.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Case } from '../case.ts'
import type { Answer, Arguments, Mode, Request } from '../messages.ts'
import type { Children } from './children.ts'

/** Where contenders come from, and what runs them. */
export interface Program {
  /** URL of the module that exports `cases`. */
  readonly casesModule: string
  /** Path of `contender-process`. */
  readonly path: string
  /** Node's own options, for every contender. */
  readonly nodeOptions: readonly string[]
}

/** How long a contender may take to be ready, and for a sample, unless its case says otherwise, in milliseconds. */
const TIMEOUT_MS = 60_000
/** How long it may take to end by itself, in milliseconds. */
const END_MS = 5_000
/** Of what it wrote to its standard error, for the message that names it. */
const ERROR_CHARACTERS = 2_000

/** A contender that is ready for samples. */
export class ContenderChild {
  readonly name: string
  readonly #child: ChildProcess
  readonly #children: Children
  readonly #timeoutMs: number
  #errors = ''
  #ended: string | undefined
  #onAnswer: (answer: Answer) => void = () => {}
  #onEnd: (how: string) => void = () => {}

  private constructor(name: string, child: ChildProcess, children: Children, timeoutMs: number) {
    this.name = name
    this.#child = child
    this.#children = children
    this.#timeoutMs = timeoutMs
    child.stderr?.on('data', (data: Buffer) => {
      this.#errors = `${this.#errors}${data}`.slice(-ERROR_CHARACTERS)
    })
    child.on('message', (answer: Answer) => this.#onAnswer(answer))
    // What it started holds its standard error open, else; only when that is closed, all of it is read.
    child.once('exit', () => children.kill(child))
    child.once('close', (code, signal) => this.#hasEnded(signal ? `was ended by ${signal}` : `ended with ${code}`))
    child.once('error', (error) => this.#hasEnded(`could not be started: ${error.message}`))
  }

  /**
   * Starts a contender's process, and resolves when it is ready.
   *
   * @throws Error that says what became of it, when it fails, ends or takes too long
   */
  static async start(
    program: Program,
    { id, contenders, timeoutMs = TIMEOUT_MS }: Case,
    name: string,
    mode: Mode,
    children: Children,
  ): Promise<ContenderChild> {
    const parameters: Arguments = [program.casesModule, id, name, mode]
    const child = spawn(
      process.execPath,
      [...program.nodeOptions, ...(contenders[name]?.nodeOptions ?? []), program.path, ...parameters],
      // A group of its own, so that what it starts ends with it. Its standard output is nobody's.
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true },
    )
    children.add(child)
    const contender = new ContenderChild(name, child, children, timeoutMs)
    try {
      await contender.#answer('to be ready')
      return contender
    } catch (error) {
      children.kill(child)
      throw error
    }
  }

  /** @throws Error that says what became of it, when it fails, ends or takes too long; it is then gone */
  async sample(): Promise<number> {
    try {
      const answer = await this.#ask('sample', 'for a sample')
      if (answer.kind === 'sample' && Number.isFinite(answer.value)) return answer.value
      throw new Error(`answered ${JSON.stringify(answer)} instead of a sample`)
    } catch (error) {
      this.#children.kill(this.#child)
      throw error
    }
  }

  /** Lets it end by itself, and kills it and all that it started if it doesn't. */
  async end(): Promise<void> {
    if (this.#ended !== undefined) return
    const closed = new Promise<void>((resolve) => {
      this.#child.once('close', () => resolve())
    })
    this.#send('end')
    const late = setTimeout(() => this.#children.kill(this.#child), END_MS)
    await closed
    clearTimeout(late)
  }

  #ask(request: Request, what: string): Promise<Answer> {
    const answer = this.#answer(what)
    this.#send(request)
    return answer
  }

  #send(request: Request): void {
    // Of one that is gone, its end tells.
    if (this.#child.connected) this.#child.send(request, () => {})
  }

  #answer(what: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        settle()
        reject(new Error(`took longer than ${this.#timeoutMs / 1000} s ${what}`))
      }, this.#timeoutMs)
      const settle = () => {
        clearTimeout(late)
        this.#onAnswer = () => {}
        this.#onEnd = () => {}
      }
      this.#onAnswer = (answer) => {
        settle()
        if (answer.kind === 'failed') reject(new Error(answer.message))
        else resolve(answer)
      }
      this.#onEnd = (how) => {
        settle()
        const last = this.#errors.trim()
        reject(new Error(last === '' ? how : `${how}: ${last}`))
      }
      if (this.#ended !== undefined) this.#onEnd(this.#ended)
    })
  }

  #hasEnded(how: string): void {
    this.#ended ??= how
    this.#onEnd(how)
  }
}
