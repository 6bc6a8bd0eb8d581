// How many threads all crews of a host have, and who gets the next one.
import type { CrewThread } from './crew-thread.ts'

/** How long a thread may be kept while another plugin that has none waits for its place, in milliseconds, and what it is at. */
const TURN_MS = 200
/** After how long a plugin that has no thread gets one although there are as many as may be: those of others may block. */
const STARVED_MS = 1_000
/** Who needs a thread again so soon after it had to give up its only one, in milliseconds, is called in turns with another. */
const IN_TURNS_MS = 5_000

/** A crew, as the pool sees it. */
export interface PoolMember {
  /** Threads that it has and that are not about to leave. */
  readonly size: number
  /** Threads that are about to leave. */
  readonly leaving: number
  /** Whether it has more to do than its threads can take. */
  readonly wantsThread: boolean
  /** The thread that has had nothing to do for longest. */
  idleThread(): CrewThread | undefined
  /** Starts one thread. */
  start(): void
}

export class Pool {
  readonly #limit: number
  readonly #members = new Set<PoolMember>()
  readonly #waiting = new Set<PoolMember>()
  readonly #starving = new Map<PoolMember, NodeJS.Timeout>()
  /** When the last thread of a crew was ended for another one. */
  readonly #displaced = new WeakMap<PoolMember, number>()
  #looking: NodeJS.Timeout | undefined
  #count = 0
  #isServing = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Has a crew start a thread: now, or when there is a place for it. */
  ask(member: PoolMember): void {
    this.#waiting.add(member)
    this.#serve()
    if (!this.#waiting.has(member) || member.size > 0 || this.#starving.has(member)) return
    this.#starving.set(
      member,
      setTimeout(() => {
        this.#starving.delete(member)
        if (this.#waiting.has(member) && member.size === 0 && member.wantsThread) this.#start(member)
      }, STARVED_MS).unref(),
    )
  }

  /** A thread of a crew is gone. */
  gave(member: PoolMember): void {
    this.#count--
    if (member.size + member.leaving === 0) this.#members.delete(member)
    this.#serve()
  }

  /** Whether a thread that answered a task is to make room for another crew's. */
  mustYield(member: PoolMember, thread: CrewThread): boolean {
    if (this.#count > this.#limit && member.size > 1) return true
    if (this.#waiting.size === 0) return false
    const needy = this.#next(member)
    if (needy === undefined || this.#leaving() >= this.#waiting.size) return false
    const share = Math.max(1, Math.floor(this.#limit / new Set([...this.#members, ...this.#waiting]).size))
    if (member.size > share && needy.size < share) return true
    return needy.size === 0 && performance.now() - thread.startedMs >= TURN_MS
  }

  /** A thread has nothing to do: whoever waits may have its place. */
  idle(): void {
    if (this.#waiting.size > 0) this.#serve()
  }

  /** No thread is to be started for the crew any more. */
  leave(member: PoolMember): void {
    this.#waiting.delete(member)
    clearTimeout(this.#starving.get(member))
    this.#starving.delete(member)
  }

  #serve(): void {
    // What is done below comes back here.
    if (this.#isServing) return
    this.#isServing = true
    for (let member = this.#next(); member !== undefined; member = this.#next()) {
      if (this.#count >= this.#limit && !this.#makeRoom(member)) break
      this.#start(member)
    }
    this.#isServing = false
  }

  #start(member: PoolMember): void {
    this.leave(member)
    this.#members.add(member)
    this.#count++
    member.start()
  }

  /** Who has none is served before who has some, and else who has waited for longest. */
  #next(but?: PoolMember): PoolMember | undefined {
    let next: PoolMember | undefined
    for (const member of this.#waiting) {
      if (!member.wantsThread) this.leave(member)
      else if (member !== but && (next === undefined || (member.size === 0 && next.size > 0))) next = member
    }
    return next
  }

  /**
   * Ends threads of other crews that have nothing to do, until there is a place. Plugins that are called in turns would take each other's thread
   * at each call, and start one anew: so who has a thread gets only those that have rested for a while, and who has just lost its only one to such a
   * plugin gets one more than `threads` allows.
   */
  #makeRoom(needy: PoolMember): boolean {
    const nowMs = performance.now()
    const latestMs = needy.size === 0 ? Number.POSITIVE_INFINITY : nowMs - TURN_MS
    const isInTurns = needy.size === 0 && nowMs - (this.#displaced.get(needy) ?? Number.NEGATIVE_INFINITY) < IN_TURNS_MS
    while (this.#count >= this.#limit) {
      let longest: CrewThread | undefined
      let owner: PoolMember | undefined
      for (const member of this.#members) {
        const idle = member === needy ? undefined : member.idleThread()
        if (idle === undefined) continue
        if ((idle.idleSinceMs ?? 0) > latestMs) this.#lookAgain()
        else if (longest === undefined || (idle.idleSinceMs ?? 0) < (longest.idleSinceMs ?? 0)) {
          longest = idle
          owner = member
        }
      }
      if (longest === undefined || owner === undefined) return false
      if (isInTurns && owner.size === 1) return true
      longest.leave()
      if (owner.size === 0) this.#displaced.set(owner, nowMs)
    }
    return true
  }

  /** A thread that rests is anybody's in a while, whether or not something happens until then. */
  #lookAgain(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined
      this.#serve()
    }, TURN_MS).unref()
  }

  #leaving(): number {
    let leaving = 0
    for (const member of this.#members) leaving += member.leaving
    return leaving
  }
}
