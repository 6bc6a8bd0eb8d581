// How it stands between two edits: what must serve, and what does not.
import type { PluginName } from './scratch.ts'

export class Standing {
  /** Plugins whose files are broken just now; their code from before serves. */
  readonly broken = new Set<PluginName>()
  disabled: PluginName | undefined
  /** What must serve, by plugin and helper. */
  readonly wanted = new Map<string, number>()
  #version = 0

  /** A number that was never used. */
  next(): number {
    return ++this.#version
  }
}
