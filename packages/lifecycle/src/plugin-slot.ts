// One plugin's place in a lifecycle: what outlives its generations.
import { isThenable, type PluginError } from '@cf-plugins/plugin-api'
import { Gate } from './gate.ts'
import type { Generation } from './generation.ts'
import { PluginListeners } from './listener.ts'

/**
 * Where a plugin stands. `resolved`: known, not started. From `gating` to `committing` it is being replaced. `blocked`:
 * something that it needs is not active. `stopped`: ended with its lifecycle.
 */
export type LifecycleState =
  | 'resolved'
  | 'starting'
  | 'active'
  | 'gating'
  | 'saving'
  | 'swapping'
  | 'committing'
  | 'disabled'
  | 'blocked'
  | 'failed'
  | 'stopped'

/** Where a plugin stands, and why. */
export interface PluginStatus {
  readonly plugin: string
  readonly state: LifecycleState
  readonly version: string
  /** Which load of its code serves, from 1; 0 while none does. */
  readonly generation: number
  /** Retired generations of it whose code would not end, and has not ended since. */
  readonly zombies: number
  /** Whether its file is gone: it serves on because others need it. */
  readonly orphaned: boolean
  /** Why it is `failed`, `blocked` or `disabled`. */
  readonly error?: PluginError | undefined
  /** How its code kept the event loop for too long, all its generations together; nothing where it has not. */
  readonly blocked?: LoopBlocks | undefined
  /** How often threads of it have ended unasked within the last minute, where the host tells. */
  readonly threadEnds?: number | undefined
  /** Whether as many calls of its handlers wait for a thread as may, where the host tells. */
  readonly isQueueFull?: boolean | undefined
}

/** How often code kept the event loop for too long. */
export interface LoopBlocks {
  readonly count: number
  /** The longest at once, in milliseconds. */
  readonly longestMs: number
  /** All together, in milliseconds. */
  readonly totalMs: number
}

/** What outlives a plugin's generations: its name, its place in every order of handlers, its gate. */
export class PluginSlot {
  readonly name: string
  /** The plugin's place among the handlers of one priority, kept over reloads. */
  readonly rank: number
  state: LifecycleState = 'resolved'
  error: PluginError | undefined
  /** The generation whose handlers and service are the plugin's; paused while the plugin is disabled or blocked. */
  serving: Generation | undefined
  /** The generation that is being started, and not shown yet. */
  starting: Generation | undefined
  /** What a person asked for at runtime; nothing while the metadata decides. */
  wanted: boolean | undefined
  /** State that was kept when the plugin ended unasked, for its next instance. */
  kept: unknown
  /** Instances made so far: each generation takes the next number. */
  made = 0
  /** Retired generations whose code would not end, and has not ended since. */
  zombies = 0
  /** How its code kept the event loop for too long. */
  blocked: LoopBlocks | undefined
  /** Its place in the run of starts that it was in last. */
  position = -1
  /** Whether its file is gone; told by whoever watches files. */
  orphaned = false
  #gate: Gate | undefined
  #listeners: PluginListeners | undefined

  constructor(name: string, rank: number) {
    this.name = name
    this.rank = rank
  }

  /** Code that would not end is a zombie until it does. */
  countZombie(code: unknown): void {
    this.zombies++
    const ended = () => {
      this.zombies--
    }
    if (isThenable(code)) Promise.resolve(code).then(ended, ended)
  }

  /** Its code kept the event loop for so long. */
  countBlock(ms: number): void {
    const { count, longestMs, totalMs } = this.blocked ?? { count: 0, longestMs: 0, totalMs: 0 }
    this.blocked = { count: count + 1, longestMs: Math.max(longestMs, ms), totalMs: totalMs + ms }
  }

  /** Which instance of it is active; 0 where none is. */
  get activeNumber(): number {
    return this.state === 'active' ? (this.serving?.number ?? 0) : 0
  }

  /** Where the code that serves is from. */
  get source(): { readonly file: string | undefined; readonly generation: number } | undefined {
    const source = this.serving?.record.source
    return source && { file: source.file, generation: source.generation }
  }

  /** Calls of the generation that serves which have not ended. */
  get inFlight(): number {
    return this.serving?.inFlight ?? 0
  }

  /** Whether everything in flight in it ended within the bound. */
  async drained(boundMs: number, signal?: AbortSignal): Promise<boolean> {
    const { serving } = this
    return !serving || serving.inFlight === 0 || serving.passage.drained(boundMs, signal)
  }

  /** How much waits at the gate. */
  get parked(): number {
    return this.#gate?.parked ?? 0
  }

  get gate(): Gate {
    this.#gate ??= new Gate(this)
    return this.#gate
  }

  get listeners(): PluginListeners {
    this.#listeners ??= new PluginListeners(this.gate)
    return this.#listeners
  }

  /** Lets what waited through to whoever serves. */
  openGate(): void {
    this.gate.open()
    this.#listeners?.sweep()
  }

  /**
   * Opens while nobody serves: keeps the events that waited and answers the calls.
   *
   * @param isLast the host ends: nobody is told that an event is kept
   */
  keepParked(refusal: PluginError, isLast: boolean): void {
    this.gate.keep(refusal, { isLast })
    this.#listeners?.sweep()
  }

  /**
   * Takes the generation that serves from now on. Whether events were kept for it: they wait for `openGate`, so that nothing
   * overtakes them.
   */
  serve(generation: Generation): boolean {
    this.serving = generation
    this.kept = undefined
    const gate = this.#gate
    if (!gate) return false
    gate.whole = true
    if (gate.closed || gate.parked === 0) return false
    gate.close()
    return true
  }

  /** Throws away what waits, answered with an error. How many events were among it. */
  discardParked(error: PluginError): number {
    if (!this.#gate) return 0
    const lost = this.#gate.discard(error)
    this.#listeners?.sweep()
    return lost
  }
}
