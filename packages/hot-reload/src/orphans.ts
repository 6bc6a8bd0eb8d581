// Plugins that serve on although their file is gone, because others need them or their new file is not good yet.
import type { Lifecycle } from '@cf-plugins/lifecycle'

/** Those of one reloader; their status tells of it. */
export class Orphans {
  readonly #lifecycle: Pick<Lifecycle, 'registry' | 'setOrphaned'>
  readonly #names = new Set<string>()

  constructor(lifecycle: Pick<Lifecycle, 'registry' | 'setOrphaned'>) {
    this.#lifecycle = lifecycle
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** Those that are registered still. */
  names(): string[] {
    for (const name of this.#names) if (!this.#lifecycle.registry.has(name)) this.#names.delete(name)
    return [...this.#names]
  }

  add(name: string): void {
    this.#names.add(name)
    this.#lifecycle.setOrphaned(name, true)
  }

  /** Its file is there again, or it is about to go. */
  delete(name: string): void {
    if (this.#names.delete(name) && this.#lifecycle.registry.has(name)) this.#lifecycle.setOrphaned(name, false)
  }
}
