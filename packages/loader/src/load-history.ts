// Which files each plugin's loads read, so that a changed file leads to the plugins that use it.
import type { PluginSource } from '@cf-plugins/plugin-api'
import type { FoundPlugin } from './discovery.ts'
import type { ReadFiles } from './module-graph.ts'

interface History {
  readonly found: FoundPlugin
  generation: number
  goodGeneration: number
  name: string | undefined
  lastGood: ReadFiles | undefined
  lastTried: ReadFiles | undefined
}

/** One a loader. It keeps names of files, never a generation. */
export class LoadHistory {
  readonly #plugins = new Map<string, History>()

  /** Begins a load of a plugin. */
  begin(found: FoundPlugin, read: ReadFiles): { generation: number; name: string | undefined } {
    const history = this.#plugins.get(found.file) ?? {
      found,
      generation: 0,
      goodGeneration: 0,
      name: undefined,
      lastGood: undefined,
      lastTried: undefined,
    }
    this.#plugins.set(found.file, history)
    history.generation++
    history.lastTried = read
    return { generation: history.generation, name: history.name }
  }

  /** A load came to its good end. One that was overtaken by a later one changes nothing. */
  succeed({ file, generation }: PluginSource, read: ReadFiles, name: string): void {
    const history = file === undefined ? undefined : this.#plugins.get(file)
    if (!history || generation < history.goodGeneration) return
    history.goodGeneration = generation
    history.name = name
    history.lastGood = read
  }

  filesOf(file: string): string[] {
    const history = this.#plugins.get(file)
    if (!history?.lastTried) return []
    const { files, tried } = history.lastTried
    return history.lastTried === history.lastGood ? [...files] : [...files, ...tried]
  }

  usersOf(file: string): FoundPlugin[] {
    const users: FoundPlugin[] = []
    for (const { found, lastGood, lastTried } of this.#plugins.values()) {
      if (uses(lastGood, file) || uses(lastTried, file)) users.push(found)
    }
    return users
  }
}

function uses(read: ReadFiles | undefined, file: string): boolean {
  return read !== undefined && (read.files.has(file) || read.tried.has(file))
}
