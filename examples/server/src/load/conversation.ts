// One client's requests, one after the other, and what becomes of each. Whoever sends them asks for the next, and tells the answer.
import { now } from './clock.ts'
import type { Judge } from './judge.ts'

/** A request, and what its answer must be. */
export interface Ask {
  /** In a few words, for who reads of a failure. */
  readonly kind: string
  /** Whose route it is. */
  readonly plugin: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** What is wrong with the answer; nothing where it is right. Not asked where a disabled plugin answered 503. */
  check(answer: Answer): string | undefined
  /** What the answer tells of versions besides its headers. */
  versions?(answer: Answer): Readonly<Record<string, number>>
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** When its request was sent. */
  readonly sentAt: number
}

/** Where the code of an answer says its versions. */
const STAMPS = ['x-entry', 'x-stamps']

export class Conversation {
  readonly #judge: Judge
  readonly #steps: Iterator<Ask>
  #pending: { readonly ask: Ask; readonly sentAt: number } | undefined

  constructor(judge: Judge, steps: Iterator<Ask>) {
    this.#judge = judge
    this.#steps = steps
  }

  /** The next request, to be sent at once. One that had no answer by now never has one. */
  next(): Ask {
    this.lost('no answer: the connection ended')
    const { value: ask, done } = this.#steps.next()
    if (done) throw new Error('a conversation has no end')
    this.#pending = { ask, sentAt: now() }
    return ask
  }

  answered(status: number, body: string, headers: Answer['headers']): void {
    if (!this.#pending) {
      this.#judge.failed('any', now(), `an answer that nobody asked for (${status})`)
      return
    }
    const { ask, sentAt } = this.#pending
    this.#pending = undefined
    const answer = { status, body, headers, sentAt }
    let wrong: string | undefined
    let told: Readonly<Record<string, number>> = {}
    try {
      if (status !== 503) {
        wrong = ask.check(answer)
        if (wrong === undefined) told = ask.versions?.(answer) ?? {}
      }
    } catch (error) {
      wrong = `unreadable: ${error instanceof Error ? error.message : error}`
    }
    const versions = new Map([...stampsOf(headers), ...Object.entries(told)])
    const retryAfter = headers['retry-after']
    const at = `${ask.method} ${ask.path}`
    const shown = wrong && `${at}: ${status}, ${wrong}: ${body.slice(0, 200)}`
    this.#judge.answered(ask.kind, { plugin: ask.plugin, sentAt, status, retryAfter, versions }, shown)
  }

  /** The request that is under way has no answer, and will have none. */
  lost(why: string): void {
    if (!this.#pending) return
    const { ask, sentAt } = this.#pending
    this.#pending = undefined
    this.#judge.failed(ask.kind, sentAt, `${ask.method} ${ask.path}: ${why}`)
  }

  /** At the end: a request that waited for so long is lost. One that was sent just now is nobody's concern any more. */
  giveUp(afterMs: number): void {
    if (this.#pending && now() - this.#pending.sentAt > afterMs) this.lost('no answer until the end')
  }
}

function* stampsOf(headers: Answer['headers']): Generator<[string, number]> {
  for (const header of STAMPS) {
    for (const stamp of headers[header]?.split(',') ?? []) {
      const [of = '', version] = stamp.split('=')
      yield [of, Number(version)]
    }
  }
}
