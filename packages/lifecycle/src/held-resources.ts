// What a host holds for its plugins from one generation to the next: listening servers, pools.
import { type Holdable, PluginError } from '@cf-plugins/plugin-api'
import { closeWithin, isHoldable } from './close-within.ts'
import { releaseFailure } from './failures.ts'

/** A generation that asks for something to be held. */
export interface Holder {
  readonly name: string
  /** Which instance of its plugin it is. */
  readonly number: number
  readonly record: { readonly source: { readonly file?: string | undefined; readonly generation: number } }
  /** Tells the log what went wrong where no caller could be told. */
  report(what: string, error: unknown): void
}

type Open = () => Holdable | PromiseLike<Holdable>

/** How long what arrives when nobody wants it any more may take to close, in milliseconds. */
const LATE_MS = 5000

/**
 * The keys of one lifecycle, and what is held under each. A generation that asks for a key claims it, opened by
 * itself or by the one before it; what no generation claims any more is closed. Claims are numbers, so that nothing here
 * keeps a generation alive.
 */
export class HeldResources {
  readonly #held = new Map<string, Held>()

  /**
   * What is held under a key, opened now where nothing is.
   *
   * @throws `CFP_HOLD_TAKEN`; what `open` throws; `CFP_GENERATION_RETIRED` where its claims end before it is open
   */
  hold(key: string, holder: Holder, open: Open): Promise<Holdable> {
    let held = this.#held.get(key)
    if (!held) {
      const failed = () => {
        if (this.#held.get(key) === held) this.#held.delete(key)
      }
      held = new Held(key, holder, open, failed)
      this.#held.set(key, held)
    } else if (held.plugin !== holder.name) return Promise.reject(taken(key, holder, held.plugin))
    held.claims.add(holder.number)
    return held.opened
  }

  /** Whether something is held for a plugin. */
  isHolder(plugin: string): boolean {
    for (const held of this.#held.values()) if (held.plugin === plugin) return true
    return false
  }

  /** Whether this very generation opened `resource`, which nobody had before it. */
  isOpenedBy(holder: Holder, resource: unknown): boolean {
    for (const held of this.#held.values()) {
      if (held.plugin === holder.name && held.openedBy === holder.number && held.resource === resource) return true
    }
    return false
  }

  /**
   * Takes back what a generation claims, and closes, the last opened first, what nobody else does. Gives what could not
   * be closed within the bound for all together; a promise only where something has to be closed.
   */
  release(holder: Holder, boundMs: number): PluginError[] | Promise<PluginError[]> {
    if (this.#held.size === 0) return []
    const isLeft = ({ plugin, claims }: Held) =>
      plugin === holder.name && claims.delete(holder.number) && claims.size === 0
    const left = [...this.#held.values()].filter(isLeft)
    // At once, so that the keys are free.
    for (const { key } of left) this.#held.delete(key)
    return left.length === 0 ? [] : closeAll(left.reverse(), holder, boundMs)
  }
}

/** One thing that is held, or being opened. */
class Held {
  readonly key: string
  readonly plugin: string
  /** The number of the generation that opened it. */
  readonly openedBy: number
  /** The numbers of the generations that asked for it. */
  readonly claims = new Set<number>()
  /** Settles as `open` does; rejects where nobody claims it any more before it is there. */
  readonly opened: Promise<Holdable>
  #resource: Holdable | undefined
  #giveUp: (() => void) | undefined

  constructor(key: string, holder: Holder, open: Open, failed: () => void) {
    this.key = key
    this.plugin = holder.name
    this.openedBy = holder.number
    this.opened = new Promise((resolve, reject) => {
      this.#giveUp = () => reject(retired(key, holder))
      this.#open(holder, open).then(resolve, (error) => {
        failed()
        reject(error)
      })
    })
  }

  /** Nothing until it is open. */
  get resource(): Holdable | undefined {
    return this.#resource
  }

  /** Closes it, now or when it arrives. @throws what closing it threw, or that it took too long */
  async close(boundMs: number): Promise<void> {
    if (this.#resource) return closeWithin(this.#resource, boundMs)
    // Whoever asked may have stopped waiting for it.
    this.opened.catch(() => {})
    this.#giveUp?.()
    this.#giveUp = undefined
  }

  async #open(holder: Holder, open: Open): Promise<Holdable> {
    const resource: unknown = await open()
    if (!isHoldable(resource)) throw notHoldable(this.key, holder)
    if (this.#giveUp) this.#resource = resource
    else {
      const report = (error: unknown) => holder.report(`closing "${this.key}", which it opened too late`, error)
      closeWithin(resource, LATE_MS).catch(report)
    }
    this.#giveUp = undefined
    return resource
  }
}

async function closeAll(left: readonly Held[], holder: Holder, boundMs: number): Promise<PluginError[]> {
  const failures: PluginError[] = []
  const until = performance.now() + boundMs
  for (const held of left) {
    try {
      await held.close(Math.max(1, until - performance.now()))
    } catch (error) {
      failures.push(releaseFailure(holder, `asked the host to hold "${held.key}", which could not be closed`, error))
    }
  }
  return failures
}

function taken(key: string, { name, record: { source } }: Holder, other: string): PluginError {
  return new PluginError(
    'CFP_HOLD_TAKEN',
    `Plugin "${name}" asked the host to hold "${key}", which it holds for plugin "${other}". Take another key, or get it from "${other}" as a service.`,
    { plugin: name, file: source.file, generation: source.generation },
  )
}

function retired(key: string, { name, record: { source } }: Holder): PluginError {
  return new PluginError(
    'CFP_GENERATION_RETIRED',
    `Plugin "${name}" asked the host to hold "${key}", and ended before that was open. What opens later is closed.`,
    { plugin: name, file: source.file, generation: source.generation },
  )
}

function notHoldable(key: string, { name, record: { source } }: Holder): PluginError {
  return new PluginError(
    'CFP_CONTEXT_ARGUMENT',
    `Plugin "${name}" asked the host to hold "${key}", but what it opened cannot be closed: open must give an object with Symbol.asyncDispose, Symbol.dispose or close().`,
    { plugin: name, file: source.file, generation: source.generation },
  )
}
