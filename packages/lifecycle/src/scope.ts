// What one generation of a plugin owns, and the end of it.
import { isThenable, type Ownable, PluginError, type Undo } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import { releaseFailure } from './failures.ts'

/** Something that works only while its plugin is live: a handler table's stage, a timer, a listener, a view of the app. */
export interface Activation {
  start(): void
  stop(): void
}

/** Who a scope belongs to, for messages. */
export interface ScopeOwner {
  readonly name: string
  readonly record: { readonly source: { readonly file?: string | undefined; readonly generation: number } }
}

/** How far the life is of whom a scope belongs to. */
export interface ScopeStand {
  readonly live?: boolean
  readonly aborted?: boolean
  readonly retired?: boolean
}

/**
 * Owns what a generation acquires. Activations rest until the scope goes live and while it is paused; releases run
 * in reverse at the end, all of them even when one throws (after cordis' fibers).
 */
export class Scope {
  readonly owner: ScopeOwner
  // Made when first read: an AbortController alone costs as much as all the rest of a scope.
  #controller: AbortController | undefined
  #aborted: boolean
  #retired: boolean
  #live: boolean
  #activations: Set<Activation> | undefined
  #releases: (() => unknown)[] | undefined

  /** @param stands where it stands already, if it is made late */
  constructor(owner: ScopeOwner, stands: ScopeStand = {}) {
    this.owner = owner
    this.#live = stands.live ?? false
    this.#aborted = stands.aborted ?? false
    this.#retired = stands.retired ?? false
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted) abortForGood(this.#controller)
    return this.#controller.signal
  }

  get live(): boolean {
    return this.#live
  }

  get retired(): boolean {
    return this.#retired
  }

  /** @throws `CFP_GENERATION_RETIRED` once the scope has ended. */
  assertUsable(member: string): void {
    if (!this.#retired) return
    const { name: plugin, record } = this.owner
    const { generation, file } = record.source
    throw new PluginError(
      'CFP_GENERATION_RETIRED',
      `Plugin "${plugin}" used context.${member} after its generation ${generation} had ended. Stop that code when context.signal aborts.`,
      { plugin, generation, file },
    )
  }

  /** Releases `resource` at the end, and gives it back. */
  own<T extends Ownable>(resource: T): T {
    this.#releases ??= []
    this.#releases.push(() => releaseOf(resource))
    return resource
  }

  /** Adds an activation, started now where the scope is live. Undoing it stops it. */
  activate(activation: Activation): Undo {
    this.#activations ??= new Set()
    const activations = this.#activations
    activations.add(activation)
    if (this.#live) activation.start()
    return () => {
      if (activations.delete(activation) && this.#live) activation.stop()
    }
  }

  /** Starts every activation, now. One that throws is told to `onError`, and stops no other. */
  goLive(onError: (error: unknown) => void): void {
    if (this.#live || this.#retired) return
    this.#live = true
    if (!this.#activations) return
    for (const activation of this.#activations) {
      try {
        activation.start()
      } catch (error) {
        onError(error)
      }
    }
  }

  /** Stops every activation, the last first; `goLive` starts them again. */
  pause(onError: (error: unknown) => void): void {
    if (!this.#live) return
    this.#live = false
    if (!this.#activations) return
    for (const activation of [...this.#activations].reverse()) {
      try {
        activation.stop()
      } catch (error) {
        onError(error)
      }
    }
  }

  abort(): void {
    this.#aborted = true
    if (this.#controller) abortForGood(this.#controller)
  }

  /**
   * Ends the scope: nothing of it works afterwards. Gives what could not be released, within the bound for all
   * together; a promise only where a release returned one.
   */
  end(boundMs: number): PluginError[] | Promise<PluginError[]> {
    this.abort()
    this.#activations = undefined
    if (this.#releases) return this.#releaseAll(boundMs)
    this.#retired = true
    return []
  }

  #releaseAll(boundMs: number): PluginError[] | Promise<PluginError[]> {
    const failures: PluginError[] = []
    const deadline = performance.now() + boundMs
    const fail = (error: unknown) => {
      const what = 'owned something that could not be released'
      failures.push(error instanceof PluginError ? error : releaseFailure(this.owner, what, error))
    }
    const next = (): PluginError[] | Promise<PluginError[]> => {
      // What a release makes the plugin own meanwhile is released too.
      for (let release = this.#releases?.pop(); release; release = this.#releases?.pop()) {
        try {
          const ms = Math.max(1, deadline - performance.now())
          const result = within(release(), { ms, late: () => new Error('it did not end in time') })
          if (isThenable(result)) return (result as Promise<unknown>).catch(fail).then(next)
        } catch (error) {
          fail(error)
        }
      }
      this.#retired = true
      return failures
    }
    return next()
  }
}

/** The reason's stack is read once: unread it keeps all alive whose functions are on it, and so the generations that come next. */
function abortForGood(controller: AbortController): void {
  controller.abort()
  void controller.signal.reason.stack
}

function releaseOf(resource: Ownable): unknown {
  if (typeof resource === 'function') return resource()
  if (Symbol.asyncDispose in resource) return resource[Symbol.asyncDispose]()
  return resource[Symbol.dispose]()
}
