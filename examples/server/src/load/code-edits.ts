// Edits of code: what is saved, what may be seen of it, and how its reload must end.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from './clock.ts'
import { reloadsOf, type ServerChild } from './hearing.ts'
import type { Fact } from './ledger.ts'
import type { Fault } from './plugin-file.ts'
import type { Random } from './random.ts'
import { hashOf, save } from './saving.ts'
import type { PluginName, Scratch } from './scratch.ts'
import type { Standing } from './standing.ts'

/** What an edit came to. */
export interface Ended {
  /** In the server's words. */
  readonly outcome: string
  /** From the save until the server said that it serves. */
  readonly activeMs?: number
}

interface CodeEditsParts {
  readonly scratch: Scratch
  readonly server: ServerChild
  readonly random: Random
  readonly standing: Standing
  readonly tell: (fact: Fact) => Promise<void>
}

interface Save {
  readonly path: string
  readonly text: string
}

/** New code, which says so. */
interface GoodSave extends Save {
  readonly of: string
  readonly version: number
  /** Saved with it, and reported where it concerns a plugin. */
  readonly besides?: Save
}

/** How soon after a save the next one may come, at most: it may meet any phase of the reload. */
const HEELS_MS = 150

export class CodeEdits {
  readonly #parts: CodeEditsParts

  constructor(parts: CodeEditsParts) {
    this.#parts = parts
  }

  renew(plugins: readonly PluginName[]): Promise<Ended> {
    return this.#saveGood(plugins.map((plugin) => this.#entry(plugin)))
  }

  mend(plugin: PluginName): Promise<Ended> {
    this.#parts.standing.broken.delete(plugin)
    return this.renew([plugin])
  }

  async renewHelper(): Promise<Ended> {
    const { scratch, standing } = this.#parts
    const version = standing.next()
    return this.#saveGood([{ of: 'helper', version, path: scratch.helper, text: await scratch.helperText(version) }])
  }

  /** Another file of a plugin, and its entry with it, so that it shows. */
  async renewPart(): Promise<Ended> {
    const { scratch, random } = this.#parts
    const [plugin, path] = random.pick(await scratch.parts())
    const entry = this.#entry(plugin)
    const old = (await readFile(path, 'utf8')).replace(/\/\/ version \d+ of the load\n$/, '')
    return this.#saveGood([{ ...entry, besides: { path, text: `${old}// version ${entry.version} of the load\n` } }])
  }

  /** A save, and the next one on its heels: what was saved last must serve, whatever became of the first. */
  async renewTwice(plugin: PluginName, fault: Fault | undefined): Promise<Ended> {
    const { random, tell } = this.#parts
    const { version, path, text } = this.#entry(plugin, fault)
    if (!fault) await tell({ fact: 'offer', of: plugin, version })
    await save(path, text, random)
    await sleep(random.next() * HEELS_MS)
    return this.#saveGood([this.#entry(plugin)])
  }

  async break(plugin: PluginName, fault: Fault): Promise<Ended> {
    this.#parts.standing.broken.add(plugin)
    const { reports } = await this.#save([this.#entry(plugin, fault)])
    const due = fault.startsWith('setup') ? 'rolled-back' : 'kept'
    const bad = reports.find(({ outcome }) => outcome !== due)
    if (bad) throw new Error(`broken code (${fault}) ended ${bad.outcome}, not ${due}: ${bad.error}`)
    return { outcome: due }
  }

  #entry(plugin: PluginName, fault?: Fault): GoodSave {
    const { scratch, standing } = this.#parts
    const file = scratch.file(plugin)
    const version = standing.next()
    return { of: plugin, version, path: file.path, text: file.text(version, fault) }
  }

  async #saveGood(saves: readonly GoodSave[]): Promise<Ended> {
    const { standing, tell } = this.#parts
    const isAtRest = saves.every(({ of }) => of === standing.disabled)
    for (const { of, version } of saves) await tell({ fact: 'offer', of, version })
    const { reports, savedAt } = await this.#save(saves)
    const outcomes = [...new Set(reports.map(({ outcome }) => outcome))]
    const due = isAtRest ? ['nothing', 'committed'] : ['committed']
    const bad = reports.find(({ outcome }) => !due.includes(outcome))
    if (bad) throw new Error(`good code ended ${bad.outcome}: ${bad.error}`)
    const at = Math.max(...reports.map((report) => report.at))
    for (const { of, version } of saves) {
      standing.wanted.set(of, version)
      if (of !== standing.disabled) await tell({ fact: 'active', of, version, at })
    }
    return { outcome: outcomes.join(' and '), ...(!isAtRest && { activeMs: at - savedAt }) }
  }

  /** Saves all of it, and waits for the reports of the entries and the helper. */
  async #save(saves: readonly GoodSave[]) {
    const { server, random } = this.#parts
    let savedAt = 0
    const reports = await reloadsOf(server, async () => {
      for (const { path, text, besides } of saves) {
        if (besides) await save(besides.path, besides.text, random)
        await save(path, text, random)
      }
      savedAt = now()
      return saves.map(({ text }) => hashOf(text))
    })
    return { reports, savedAt }
  }
}
