// A process that is asked, and that tells. It ends with the one that made it.
import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Numbered, Reply } from './messages.ts'

interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

/** What a process may be asked, and what it answers to each. */
type Answers<Request extends { ask: string }> = Record<Request['ask'], unknown>

/** Nobody needs longer to answer. */
const ANSWER_MS = 60_000
/** The last words of a process, for who reads of its end. */
const LAST_LINES = 30

export class Child<Request extends { ask: string }, Replies extends Answers<Request>, News extends { news: string }> {
  /** Emits `news`, `line` (what it writes) and `exit`. */
  readonly events = new EventEmitter<{ news: [News]; line: [string]; exit: [string] }>()
  readonly #process: ChildProcess
  readonly #open = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>()
  readonly #lines: string[] = []
  #number = 0
  #ended: string | undefined

  /** @param entry its name beside this file: built, or as it is */
  constructor(entry: string, { env = {}, execArgv = [] }: ChildOptions = {}) {
    const built = join(import.meta.dirname, `${entry}.js`)
    const source = ['--conditions=@cf-plugins/source', '--import', 'tsx']
    this.#process = fork(existsSync(built) ? built : join(import.meta.dirname, `${entry}.ts`), [], {
      execArgv: [...execArgv, ...(existsSync(built) ? [] : source)],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#process.on('message', (message) => this.#hear(message as Reply | News))
    this.#process.on('exit', (code, signal) => this.#end(`it ended (${signal ?? code})`))
    this.#process.on('error', (error) => this.#end(error.message))
    for (const stream of [this.#process.stdout, this.#process.stderr]) if (stream) this.#read(stream)
  }

  /** @throws where it ends before it answers, or does not answer in time */
  ask<R extends Request>(request: R): Promise<Replies[R['ask']]> {
    const number = ++this.#number
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error(this.#ended))
      const bound = setTimeout(() => this.#settle(number)?.reject(new Error(`no answer to ${request.ask}`)), ANSWER_MS)
      const settled = (run: () => void) => {
        clearTimeout(bound)
        run()
      }
      this.#open.set(number, {
        resolve: (answer) => settled(() => resolve(answer as Replies[R['ask']])),
        reject: (error) => settled(() => reject(error)),
      })
      this.#process.send({ number, request } satisfies Numbered<R>, (error) => {
        if (error) this.#settle(number)?.reject(error)
      })
    })
  }

  /** The next news that is what you wait for. @throws where it ends before, or there is none in time */
  hear<N extends News>(isIt: (news: News) => news is N, withinMs: number): Promise<N> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error(this.#ended))
      const over = (run: () => void) => {
        clearTimeout(bound)
        this.events.off('news', hear).off('exit', ended)
        run()
      }
      const hear = (news: News) => {
        if (isIt(news)) over(() => resolve(news))
      }
      const ended = (why: string) => over(() => reject(new Error(why)))
      const late = () =>
        over(() => reject(new Error(`nothing was told within ${withinMs} ms\n${this.#lines.join('\n')}`)))
      const bound = setTimeout(late, withinMs)
      this.events.on('news', hear).on('exit', ended)
    })
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }

  #hear(message: Reply | News): void {
    if ('news' in message) this.events.emit('news', message)
    else if ('error' in message) this.#settle(message.number)?.reject(new Error(message.error))
    else this.#settle(message.number)?.resolve(message.answer)
  }

  #settle(number: number) {
    const open = this.#open.get(number)
    this.#open.delete(number)
    return open
  }

  #end(why: string): void {
    if (this.#ended) return
    this.#ended = [why, ...this.#lines].join('\n')
    for (const number of [...this.#open.keys()]) this.#settle(number)?.reject(new Error(this.#ended))
    this.events.emit('exit', this.#ended)
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#lines.push(line)
      if (this.#lines.length > LAST_LINES) this.#lines.shift()
      this.events.emit('line', line)
    })
  }
}
