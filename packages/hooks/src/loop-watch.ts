// Who keeps the event loop to itself, and for how long.
import { channel } from 'node:diagnostics_channel'
import { checkTimeout, flagOf } from './handler-options.ts'
import type { HandlerKind } from './handler-trace.ts'
import type { HandlerPolicy } from './handler-watch.ts'

/** Code of a plugin that kept the event loop to itself: until it returned or first waited nothing else ran. */
export interface LoopBlock {
  /** Which host it happened in: `Lifecycle.id`. */
  readonly host: string
  readonly plugin: string
  readonly generation?: number | undefined
  /** A handler, a hook of the plugin itself such as `setup`, a task of a timer, a listener, or its service. */
  readonly kind: HandlerKind | 'lifecycle' | 'timer' | 'listener' | 'service'
  /** What it handles: the event's, the hook's or the pipeline's name; `setup`; `every`; what was listened to. */
  readonly name: string
  /** Of a pipeline's step, its name. */
  readonly step?: string | undefined
  /** Without what others did that it called, in milliseconds. */
  readonly blockedMs: number
  /** Whether it had waited for something by then, and blocked when it went on. */
  readonly waited?: true
  /** What is registered for it, where it is a handler. */
  readonly handler?: unknown
}

/** What of a block is known beforehand. */
export type WatchedCode = Omit<LoopBlock, 'host' | 'blockedMs' | 'waited'>

/** What is watched. */
export interface Watchable {
  /** Whether it has blocked with an unseen call within: all calls within are looked at from then on. */
  suspect: boolean
  readonly code: WatchedCode
}

/** What a `LoopWatch` is made with. */
export interface LoopWatchOptions {
  readonly host: string
  readonly policy?: HandlerPolicy | undefined
  /** Told of each block. */
  readonly note?: (block: LoopBlock) => void
  /** Told once a minute of each that blocks. */
  readonly warn: (block: LoopBlock) => void
}

/** `cf-plugins:blocked`: each `LoopBlock`, at once. Nothing is published while nobody subscribes. */
export const blockedChannel = channel('cf-plugins:blocked')

/** How often the same is told, in milliseconds. */
const TOLD_EACH_MS = 60_000

/** Of how many that is remembered. */
const TOLD_MAX = 1000

/** A stretch of a plugin's code that is over. */
export type LoopStretch = Pick<LoopSpan, 'watched' | 'isSure' | 'ownMs' | 'waited'>

/** Watches one host's event loop: what its handlers, and whatever else runs for plugins, take of it. */
export class LoopWatch {
  /** From when on something blocks, in milliseconds; for ever where nobody wants to know. */
  readonly blockMs: number
  /** Whether code is followed over its awaits after a stall that nobody explains. */
  readonly followsAwaits: boolean
  /** Whether each call of a handler is looked at. */
  looks: boolean
  /** Whose code runs, as far as it is looked at. */
  running: Watchable | undefined = undefined
  /** How often handlers were called without a look at how long they took. */
  passed = 0
  /** How long all that was looked at took, in milliseconds. */
  accountedMs = 0
  /** The longest of that since somebody asked, in milliseconds. */
  longestMs = 0
  readonly #options: LoopWatchOptions
  readonly #told = new Map<string, number>()
  #reasons = 0

  /** @throws `CFP_HANDLER_INVALID` */
  constructor(options: LoopWatchOptions) {
    const { blockMs = 50, followAwaits, failures, slow } = options.policy ?? {}
    if (blockMs !== false) checkTimeout(blockMs, 'policy.blockMs')
    this.#options = options
    this.blockMs = blockMs === false ? Number.POSITIVE_INFINITY : blockMs
    this.followsAwaits = flagOf(followAwaits, 'policy.followAwaits')
    // What is counted in a row takes every call.
    this.looks = failures !== undefined || slow !== undefined
    if (this.looks) this.#reasons = 1
  }

  /** Looks at each call of a handler until as many `unneeded` have come. */
  needed(): void {
    this.#reasons++
    this.looks = true
  }

  unneeded(): void {
    this.looks = --this.#reasons > 0
  }

  /** Tells of one that blocked, unless it may have been somebody else within that it called: then it is looked at more closely from then on. */
  blocked({ watched, isSure, ownMs, waited }: LoopStretch): void {
    if (!isSure) {
      watched.suspect = true
      return
    }
    const { code } = watched
    const { host, warn, note } = this.#options
    const told: LoopBlock = { host, ...code, blockedMs: ownMs, ...(waited && { waited: true }) }
    note?.(told)
    if (blockedChannel.hasSubscribers) blockedChannel.publish(told)
    // New code is told anew.
    const key = [code.plugin, code.generation, code.kind, code.name, code.step].join('\n')
    const nowMs = performance.now()
    if (nowMs - (this.#told.get(key) ?? Number.NEGATIVE_INFINITY) < TOLD_EACH_MS) return
    if (this.#told.size === TOLD_MAX) this.#told.clear()
    this.#told.set(key, nowMs)
    warn(told)
  }
}

/** As the log tells it where nobody knows more. */
export function blockedMessage({ plugin, name, blockedMs }: LoopBlock): string {
  return `Plugin "${plugin}" blocked the event loop for ${Math.round(blockedMs)} ms in its handler of "${name}".`
}

/** One stretch of a plugin's code, from its call until it returns. */
export class LoopSpan {
  /** By the clock that only goes forward. */
  readonly sinceMs: number
  /** Once it is over, in milliseconds. */
  tookMs = 0
  /** The same without what was looked at within. */
  ownMs = 0
  readonly watched: Watchable
  readonly waited: boolean
  readonly #loop: LoopWatch
  readonly #outer: Watchable | undefined
  readonly #accountedMs: number
  readonly #passed: number
  readonly #isSuspect: boolean

  /** @param waited whether it goes on after it has waited for something */
  constructor(loop: LoopWatch, watched: Watchable, waited = false) {
    const { suspect } = watched
    this.watched = watched
    this.waited = waited
    this.#loop = loop
    this.#outer = loop.running
    loop.running = watched
    this.#accountedMs = loop.accountedMs
    this.#passed = loop.passed
    this.#isSuspect = suspect
    if (suspect) loop.needed()
    this.sinceMs = performance.now()
  }

  /** Whether all within that could be looked at was. */
  get isSure(): boolean {
    return this.#loop.passed === this.#passed
  }

  /** It returns: where it blocked, that is told. */
  end(): void {
    const loop = this.#loop
    const tookMs = performance.now() - this.sinceMs
    this.tookMs = tookMs
    this.ownMs = tookMs - (loop.accountedMs - this.#accountedMs)
    loop.accountedMs = this.#accountedMs + tookMs
    if (tookMs > loop.longestMs && this.isSure) loop.longestMs = tookMs
    if (this.#isSuspect) loop.unneeded()
    loop.running = this.#outer
    if (this.ownMs > loop.blockMs) loop.blocked(this)
  }
}
