// Makes one edit after the other, tells beforehand what may be seen of it, and looks whether it ended as it must.
import type { Child } from './child.ts'
import { chosen, type Edit, rowOf } from './choices.ts'
import { now } from './clock.ts'
import { configurationText, TOKEN_TTL } from './configuration.ts'
import type { Control } from './control.ts'
import { configurationAfter, reloadsOf, type ServerChild } from './hearing.ts'
import type { EditTraffic } from './judge.ts'
import type { Fact } from './ledger.ts'
import type { CannonAnswers, CannonNews, CannonRequest } from './messages.ts'
import type { Fault } from './plugin-file.ts'
import type { Random } from './random.ts'
import { hashOf, save } from './saving.ts'
import { PLUGINS, type PluginName, type Scratch } from './scratch.ts'

export type CannonChild = Child<CannonRequest, CannonAnswers, CannonNews>

/** How an edit went. */
export interface EditResult {
  readonly row: string
  /** What it came to, in the server's words. */
  readonly outcome: string
  /** From the save until the server said that it serves. */
  readonly activeMs: number | undefined
  readonly traffic: EditTraffic
  /** What is wrong with that. */
  readonly wrong: string | undefined
}

interface EditorParts {
  readonly scratch: Scratch
  readonly server: ServerChild
  readonly cannon: CannonChild
  readonly control: Control
  readonly random: Random
}

/** How many answers each edit has to show itself in, at least. */
const ANSWERS = 40

/** What an edit came to, so far. */
interface Ended {
  readonly outcome: string
  readonly activeMs?: number
}

export class Editor {
  readonly #parts: EditorParts
  readonly #broken = new Set<PluginName>()
  #disabled: PluginName | undefined
  /** What must serve, by plugin and helper. */
  readonly #wanted = new Map<string, number>()
  #version = 0
  #ttl = TOKEN_TTL

  constructor(parts: EditorParts) {
    this.#parts = parts
  }

  /** Before anything is asked for: what the first answers may say. */
  async begin(): Promise<void> {
    for (const of of [...PLUGINS, 'helper']) {
      this.#wanted.set(of, 0)
      await this.#tell({ fact: 'offer', of, version: 0 })
    }
    await this.#tell({ fact: 'offer', of: 'token_ttl', version: this.#ttl })
  }

  /** One edit, as the seed has it. */
  async edit(number: number): Promise<EditResult> {
    const { random, cannon } = this.#parts
    const edit = chosen({ broken: [...this.#broken], disabled: this.#disabled }, random)
    const row = rowOf(edit, this.#disabled)
    await this.#tell({ fact: 'begin', edit: number, kind: row })
    let ended: Ended = { outcome: 'none' }
    let wrong: string | undefined
    try {
      ended = await this.#make(edit)
      await this.#look()
      // It is judged by those who ask, too.
      await cannon.ask({ ask: 'answers', count: ANSWERS })
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error)
    }
    const traffic = await cannon.ask({ ask: 'fact', fact: { fact: 'end', edit: number } })
    return {
      row,
      outcome: ended.outcome,
      activeMs: ended.activeMs,
      traffic: traffic ?? { answered: 0, failed: 0, refused: 0, slowestMs: 0 },
      wrong,
    }
  }

  /** Mends and enables everything: as a run ends. */
  async finish(): Promise<void> {
    for (const plugin of [...this.#broken]) await this.#make({ kind: 'mend', plugin })
    if (this.#disabled) await this.#make({ kind: 'enable', plugin: this.#disabled })
    await this.#look()
  }

  async #make(edit: Edit): Promise<Ended> {
    switch (edit.kind) {
      case 'logic':
        return this.#renew(edit.plugins)
      case 'mend':
        this.#broken.delete(edit.plugin)
        return this.#renew([edit.plugin])
      case 'helper':
        return this.#renewHelper()
      case 'break':
        return this.#break(edit.plugin, edit.fault)
      case 'disable':
        return this.#disable(edit.plugin)
      case 'enable':
        return this.#enable(edit.plugin)
      case 'configure':
        return edit.isGood ? this.#configure() : this.#misconfigure()
    }
  }

  async #renew(plugins: readonly PluginName[]): Promise<Ended> {
    const { scratch } = this.#parts
    const saves = plugins.map((plugin) => {
      const file = scratch.file(plugin)
      return { of: plugin, version: ++this.#version, path: file.path, text: file.text(this.#version) }
    })
    return this.#saveGood(saves, plugins.length === 1 && plugins[0] === this.#disabled)
  }

  async #renewHelper(): Promise<Ended> {
    const { scratch } = this.#parts
    const version = ++this.#version
    return this.#saveGood(
      [{ of: 'helper', version, path: scratch.helper, text: await scratch.helperText(version) }],
      false,
    )
  }

  async #saveGood(
    saves: readonly { of: string; version: number; path: string; text: string }[],
    isAtRest: boolean,
  ): Promise<Ended> {
    for (const { of, version } of saves) await this.#tell({ fact: 'offer', of, version })
    const { reports, savedAt } = await this.#save(saves)
    const outcomes = [...new Set(reports.map(({ outcome }) => outcome))]
    const due = isAtRest ? ['nothing', 'committed'] : ['committed']
    const bad = reports.find(({ outcome }) => !due.includes(outcome))
    if (bad) throw new Error(`good code ended ${bad.outcome}: ${bad.error}`)
    const at = Math.max(...reports.map(({ at }) => at))
    for (const { of, version } of saves) {
      this.#wanted.set(of, version)
      if (of !== this.#disabled) await this.#tell({ fact: 'active', of, version, at })
    }
    return { outcome: outcomes.join(' and '), ...(!isAtRest && { activeMs: at - savedAt }) }
  }

  async #break(plugin: PluginName, fault: Fault): Promise<Ended> {
    this.#broken.add(plugin)
    const { path, ...file } = this.#parts.scratch.file(plugin)
    const text = this.#parts.scratch.file(file.name as PluginName).text(++this.#version, fault)
    const { reports } = await this.#save([{ path, text }])
    const due = fault.startsWith('setup') ? 'rolled-back' : 'kept'
    const bad = reports.find(({ outcome }) => outcome !== due)
    if (bad) throw new Error(`broken code (${fault}) ended ${bad.outcome}, not ${due}: ${bad.error}`)
    return { outcome: due }
  }

  async #save(saves: readonly { path: string; text: string }[]) {
    const { server, random } = this.#parts
    let savedAt = 0
    const reports = await reloadsOf(server, async () => {
      for (const { path, text } of saves) await save(path, text, random)
      savedAt = now()
      return saves.map(({ text }) => hashOf(text))
    })
    return { reports, savedAt }
  }

  async #disable(plugin: PluginName): Promise<Ended> {
    this.#disabled = plugin
    await this.#tell({ fact: 'leaving', plugin })
    await this.#parts.control.disable(plugin)
    await this.#tell({ fact: 'gone', plugin, at: now() })
    return { outcome: 'disabled' }
  }

  async #enable(plugin: PluginName): Promise<Ended> {
    const askedAt = now()
    await this.#tell({ fact: 'returning', plugin })
    await this.#parts.control.enable(plugin)
    const at = now()
    this.#disabled = undefined
    const version = this.#wanted.get(plugin)
    if (version !== undefined) await this.#tell({ fact: 'active', of: plugin, version, at })
    await this.#tell({ fact: 'back', plugin, at })
    return { outcome: 'enabled', activeMs: at - askedAt }
  }

  async #configure(): Promise<Ended> {
    const { scratch, server, random } = this.#parts
    const version = ++this.#ttl
    await this.#tell({ fact: 'offer', of: 'token_ttl', version })
    let savedAt = 0
    const { outcome, error, at } = await configurationAfter(server, async () => {
      await save(scratch.config, configurationText(version), random)
      savedAt = now()
    })
    if (outcome !== 'committed') throw new Error(`a good plugins.yaml ended ${outcome}: ${error}`)
    await this.#tell({ fact: 'active', of: 'token_ttl', version, at })
    return { outcome, activeMs: at - savedAt }
  }

  async #misconfigure(): Promise<Ended> {
    const { scratch, server, random } = this.#parts
    const text = configurationText(`"never ${++this.#version}"`)
    const { outcome } = await configurationAfter(server, () => save(scratch.config, text, random))
    if (outcome !== 'kept') throw new Error(`a bad plugins.yaml ended ${outcome}`)
    return { outcome }
  }

  /** Each plugin must answer with what it was made of last. */
  async #look(): Promise<void> {
    for (const plugin of PLUGINS) {
      if (plugin === this.#disabled) continue
      for (const [of, version] of await this.#parts.control.versions(plugin)) {
        const wanted = this.#wanted.get(of)
        if (version !== wanted)
          throw new Error(`${plugin} answers by version ${version} of ${of}, and ${wanted} was saved`)
      }
    }
  }

  async #tell(fact: Fact): Promise<void> {
    await this.#parts.cannon.ask({ ask: 'fact', fact })
  }
}
