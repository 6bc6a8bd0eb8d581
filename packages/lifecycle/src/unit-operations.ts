// Operations on a unit, which is some plugins and all that depend on them: a plugin of it that asks must not wait for them.
import { messageOf, type PluginError } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { isAskedFrom } from './asker.ts'
import type { LifecycleCore } from './core.ts'
import type { OperationQueue } from './operation-queue.ts'

/** What is asked for. */
export interface UnitOperation<T> {
  /** As the end of "Could not". */
  readonly what: string
  readonly run: () => Promise<T>
  readonly signal: AbortSignal | undefined
  /** What a plugin of the unit gets that asks for it. */
  readonly accepted: () => T
  /** What went wrong, where the result tells; nobody else is told of it then. */
  readonly errorOf?: (result: T) => PluginError | undefined
}

/** The operations on units of one lifecycle, and who asks for them. */
export class UnitOperations {
  readonly #core: LifecycleCore
  readonly #registry: PluginRegistry
  readonly #queue: OperationQueue

  constructor(core: LifecycleCore, registry: PluginRegistry, queue: OperationQueue) {
    this.#core = core
    this.#registry = registry
    this.#queue = queue
  }

  /** Whether code of a plugin of the unit is what calls right now. */
  isAskedFromWithin(names: readonly string[]): boolean {
    const files = new Set<string>()
    for (const name of this.membersOf(names)) {
      const slot = this.#core.roster.find(name)
      for (const record of [this.#registry.get(name), slot?.serving?.record, slot?.starting?.record]) {
        for (const file of record?.source.files ?? []) files.add(file)
      }
    }
    return isAskedFrom(files)
  }

  /** Those of `names` that are known, and all that depend on them. */
  membersOf(names: readonly string[]): string[] {
    return this.#registry.affectedBy(names.filter((name) => this.#registry.has(name)))
  }

  /**
   * Runs an operation when its turn comes. A plugin of the unit that asks gets the acceptance, and what goes wrong is
   * told to the log.
   *
   * @throws `CFP_STOPPED`, and what the operation throws
   */
  async run<T>(names: readonly string[], { what, run, signal, accepted, errorOf }: UnitOperation<T>): Promise<T> {
    if (!this.isAskedFromWithin(names)) return this.#queue.run(what, run, signal)
    const tell = (err: unknown) => {
      if (err) this.#core.host.logger.error({ err }, `Could not ${what}, as the plugin itself asked: ${messageOf(err)}`)
    }
    this.#queue.assertOpen(what)
    this.#queue.run(what, run, signal).then((result) => tell(errorOf?.(result)), tell)
    return accepted()
  }
}
