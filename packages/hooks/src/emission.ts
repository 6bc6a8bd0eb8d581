// One emit: every handler called in order, what is pending waited for together, what is closed parked.
import { type EventHandler, type HandlerFailure, isThenable } from '@cf-plugins/plugin-api'
import { isParked } from './delivery-gate.ts'
import { type EmitFacts, HandlerContext } from './event-context.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { HandlerTable, Plan, Slot } from './handler-table.ts'
import { Wave, type WaveOwner } from './wave.ts'

type Entry = HandlerEntry<EventHandler>

/** How long handlers may take, in milliseconds. */
export interface EmitLimits {
  /** Of handlers without a time of their own. */
  readonly usualMs: number
  /** Of any handler. */
  readonly mostMs: number
}

export class Emission implements WaveOwner {
  handled = 0
  readonly #table: HandlerTable<EventHandler>
  readonly #facts: EmitFacts<unknown>
  readonly #context: HandlerContext
  readonly #limits: EmitLimits
  readonly #fail: (failure: HandlerFailure) => void
  readonly #waves = new Set<Wave>()
  /** Owners whose handlers are not called one by one but all together: parked, or replaced meanwhile. */
  readonly #apart = new Set<string>()
  #open = 0
  #resolve: (() => void) | undefined

  constructor(
    table: HandlerTable<EventHandler>,
    facts: EmitFacts<unknown>,
    limits: EmitLimits,
    fail: (failure: HandlerFailure) => void,
  ) {
    this.#table = table
    this.#facts = facts
    this.#context = new HandlerContext(facts)
    this.#limits = limits
    this.#fail = fail
  }

  /** Calls every handler. True when something is still to be waited for. */
  start(slot: Slot<EventHandler>): boolean {
    const { entries }: Plan<EventHandler> = slot.plan
    const wave = new Wave(this)
    for (let index = 0; index < entries.length; index++) this.#meet(entries, index, wave)
    this.#seal(wave)
    return this.#open > 0
  }

  /** Resolves when nothing is left to wait for; to be called when `start` returned true. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  abort(reason: unknown): void {
    for (const wave of this.#waves) wave.abort(reason)
  }

  fail(plugin: string, error: unknown): void {
    this.#fail({ plugin, error })
  }

  waveEnded(): void {
    this.#close()
  }

  #meet(entries: readonly Entry[], index: number, wave: Wave): void {
    const entry = entries[index] as Entry
    const { owner } = entry
    if (this.#apart.has(owner.name)) return
    if (isParked(owner, this.#facts.source)) {
      this.#apart.add(owner.name)
      this.#park(entries, index)
    } else if (entry.stage.live) {
      this.#call(entry, wave)
    } else {
      this.#apart.add(owner.name)
      for (const successor of this.#table.shareOf(entries, index)) this.#call(successor, wave)
    }
  }

  #park(entries: readonly Entry[], index: number): void {
    const { owner } = entries[index] as Entry
    let taken = false
    const deliver = (): unknown => {
      if (taken) return undefined
      taken = true
      const wave = new Wave(this)
      for (const entry of this.#table.shareOf(entries, index)) this.#call(entry, wave)
      return this.#seal(wave) ? wave.ended() : undefined
    }
    const refused = (error: unknown) => {
      if (!taken) this.fail(owner.name, error)
      taken = true
      this.#close()
    }
    this.#open++
    try {
      owner.gate?.park(deliver).then(() => this.#close(), refused)
    } catch (error) {
      refused(error)
    }
  }

  #call(entry: Entry, wave: Wave): void {
    if (!entry.live) return
    if (entry.once) entry.stage.remove(entry)
    const { gate } = entry.owner
    const context = entry.timeoutMs === undefined ? this.#context : new HandlerContext(this.#facts)
    this.handled++
    gate?.enter()
    try {
      const result = entry.handler(this.#facts.payload, context)
      if (isThenable(result)) {
        wave.watch(entry, context, this.#limitOf(entry), result)
        return
      }
    } catch (error) {
      this.fail(entry.owner.name, error)
    }
    gate?.leave()
  }

  #limitOf(entry: Entry): number {
    return Math.min(entry.timeoutMs ?? this.#limits.usualMs, this.#limits.mostMs)
  }

  #seal(wave: Wave): boolean {
    if (!wave.seal()) return false
    this.#open++
    this.#waves.add(wave)
    return true
  }

  #close(): void {
    if (--this.#open === 0) this.#resolve?.()
  }
}
