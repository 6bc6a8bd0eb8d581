// Plugins whose file is gone: taken out, or kept as long as others need them.
import type { Lifecycle } from '@cf-plugins/lifecycle'
import { HotReloadError, type PluginError } from '@cf-plugins/plugin-api'
import type { Orphans } from './orphans.ts'
import type { RunProgress } from './run-progress.ts'
import type { UnregisteredFiles } from './unregistered-files.ts'

/** What plugins depart from. */
export interface DepartureParts {
  readonly lifecycle: Pick<Lifecycle, 'registry' | 'status' | 'unload'>
  readonly orphans: Orphans
  readonly unregistered: Pick<UnregisteredFiles, 'named'>
}

/** Those of one reload. */
export class Departures {
  readonly #parts: DepartureParts
  readonly #progress: RunProgress
  readonly #planned: Set<string>
  readonly #moving: ReadonlySet<string>

  /** @param planned plugins whose file is gone @param moving those, and orphans, that have come to another */
  constructor(planned: readonly string[], moving: ReadonlySet<string>, parts: DepartureParts, progress: RunProgress) {
    this.#planned = new Set(planned.filter((name) => !moving.has(name)))
    this.#moving = moving
    this.#parts = parts
    this.#progress = progress
  }

  /** Takes out those that nobody needs, orphans among them, dependents first: plugins that go together do not hold each other. */
  async letGo(): Promise<PluginError[]> {
    const { lifecycle, orphans } = this.#parts
    const failures: PluginError[] = []
    const leaving = [...new Set([...this.#planned, ...orphans.names()])].filter(
      (name) => lifecycle.registry.has(name) && !this.#isClaimed(name),
    )
    if (leaving.length === 0) return failures
    for (const plugin of lifecycle.registry.order(leaving).reverse()) {
      if (this.#usersOf(plugin).length > 0) continue
      orphans.delete(plugin)
      try {
        await lifecycle.unload(plugin)
        this.#progress.unloaded.push(plugin)
      } catch (error) {
        failures.push(this.#progress.note(error))
      }
      this.#planned.delete(plugin)
    }
    return failures
  }

  /** The same once more, now that others have changed; whoever is needed still serves on, and is told of. */
  async finish(): Promise<PluginError[]> {
    const failures = await this.letGo()
    for (const plugin of this.#planned) {
      if (!this.#parts.lifecycle.registry.has(plugin)) continue
      this.#parts.orphans.add(plugin)
      // Why a new file is not taken up is told already.
      if (!this.#isClaimed(plugin)) failures.push(this.#progress.note(this.#orphaned(plugin)))
    }
    return failures
  }

  /** Whether a plugin has a new file, which is taken up now or is not good yet. */
  #isClaimed(name: string): boolean {
    const heir = this.#parts.unregistered.named(name)
    return this.#moving.has(name) || (heir !== undefined && heir.record === undefined)
  }

  #usersOf(plugin: string): string[] {
    const { lifecycle } = this.#parts
    const { registry } = lifecycle
    return registry
      .dependentsOf(plugin)
      .filter((name) => registry.requires(name, plugin) === 'required' && lifecycle.status(name).state === 'active')
  }

  #orphaned(plugin: string): HotReloadError {
    const users = this.#usersOf(plugin)
    const { file, generation } = this.#parts.lifecycle.registry.get(plugin)?.source ?? {}
    return new HotReloadError(
      'CFP_RELOAD_ORPHANED',
      `The file of plugin "${plugin}" is gone, but ${users.join(', ')} ${users.length > 1 ? 'need' : 'needs'} it: it serves on until they do not, or its file is back.`,
      { plugin, phase: 'unload', file, generation },
    )
  }
}
