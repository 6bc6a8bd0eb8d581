// Handlers called one after the other, each under its own deadline.
import { type HandlerFailure, type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import { isParked } from './delivery-gate.ts'
import { handlerTimeout } from './failures.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { HandlerTable } from './handler-table.ts'

type Entry = HandlerEntry<HookHandler>

/** What the series of one call share. */
export interface HookCall {
  readonly table: HandlerTable<HookHandler>
  readonly source: string
  readonly args: readonly unknown[]
  readonly usualMs: number
  readonly results: unknown[]
  readonly failures: HandlerFailure[]
}

export class Series {
  readonly #call: HookCall
  readonly #entries: readonly Entry[]
  /** Whether these were parked and are now let through. */
  readonly #replayed: boolean
  readonly #apart = new Set<string>()
  /** Goes up when a handler is given up, so that the run which still waits for it knows that it is out. */
  #lane = 0
  #timer: NodeJS.Timeout | undefined
  #resolve: () => void = () => undefined

  constructor(call: HookCall, entries: readonly Entry[], replayed = false) {
    this.#call = call
    this.#entries = entries
    this.#replayed = replayed
  }

  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#runFrom(0)
    })
  }

  async #runFrom(first: number): Promise<void> {
    const lane = this.#lane
    for (let index = first; index < this.#entries.length; index++) {
      const entry = this.#entries[index] as Entry
      const { owner } = entry
      if (this.#apart.has(owner.name)) continue
      if (!this.#replayed) {
        const parked = isParked(owner, this.#call.source)
        if (parked || !entry.stage.live) {
          this.#apart.add(owner.name)
          const deliver = () => new Series(this.#call, this.#call.table.shareOf(this.#entries, index), true).run()
          await (parked ? this.#park(entry, deliver) : deliver())
          continue
        }
      }
      if (!entry.live) continue
      if (entry.once) entry.stage.remove(entry)
      owner.gate?.enter()
      try {
        let result = entry.handler(...this.#call.args)
        if (isThenable(result)) {
          this.#arm(entry, index)
          result = await result
          if (lane !== this.#lane) return
        }
        this.#call.results.push(result)
      } catch (error) {
        if (lane !== this.#lane) return
        this.#call.failures.push({ plugin: owner.name, error })
      }
      clearTimeout(this.#timer)
      owner.gate?.leave()
    }
    this.#resolve()
  }

  async #park(entry: Entry, deliver: () => Promise<void>): Promise<void> {
    const { gate, name } = entry.owner
    let delivered: Promise<void> | undefined
    let refused = false
    try {
      await gate?.park(() => {
        if (!refused) delivered ??= deliver()
        return delivered
      })
    } catch (error) {
      refused = true
      if (delivered === undefined) this.#call.failures.push({ plugin: name, error })
    }
    await delivered
  }

  #arm(entry: Entry, index: number): void {
    const limitMs = entry.timeoutMs ?? this.#call.usualMs
    this.#timer = setTimeout(() => {
      this.#lane++
      const plugin = entry.owner.name
      this.#call.failures.push({ plugin, error: handlerTimeout(plugin, entry.name, limitMs) })
      entry.owner.gate?.leave()
      this.#runFrom(index + 1)
    }, limitMs)
  }
}
