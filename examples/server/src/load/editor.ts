// Makes one edit after the other, tells beforehand what may be seen of it, and looks whether it ended as it must.
import type { Child } from './child.ts'
import { chosen, type Edit, rowOf } from './choices.ts'
import { now } from './clock.ts'
import { CodeEdits, type Ended } from './code-edits.ts'
import { TOKEN_TTL } from './configuration.ts'
import type { Control } from './control.ts'
import { configurationAfter, type ServerChild } from './hearing.ts'
import type { EditTraffic } from './judge.ts'
import type { Fact } from './ledger.ts'
import type { CannonAnswers, CannonNews, CannonRequest } from './messages.ts'
import type { Random } from './random.ts'
import { save } from './saving.ts'
import { PLUGINS, type PluginName, type Scratch } from './scratch.ts'
import { Standing } from './standing.ts'

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

export class Editor {
  readonly #parts: EditorParts
  readonly #standing = new Standing()
  readonly #code: CodeEdits
  #ttl = TOKEN_TTL

  constructor(parts: EditorParts) {
    this.#parts = parts
    this.#code = new CodeEdits({ ...parts, standing: this.#standing, tell: (fact) => this.#tell(fact) })
  }

  /** Before anything is asked for: what the first answers may say. */
  async begin(): Promise<void> {
    for (const of of [...PLUGINS, 'helper']) {
      this.#standing.wanted.set(of, 0)
      await this.#tell({ fact: 'offer', of, version: 0 })
    }
    await this.#tell({ fact: 'offer', of: 'token_ttl', version: this.#ttl })
  }

  /** One edit, as the seed has it. */
  async edit(number: number): Promise<EditResult> {
    const { random, cannon } = this.#parts
    const edit = chosen({ broken: [...this.#standing.broken], disabled: this.#standing.disabled }, random)
    const row = rowOf(edit, this.#standing.disabled)
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
    for (const plugin of [...this.#standing.broken]) await this.#make({ kind: 'mend', plugin })
    if (this.#standing.disabled) await this.#make({ kind: 'enable', plugin: this.#standing.disabled })
    await this.#look()
  }

  async #make(edit: Edit): Promise<Ended> {
    switch (edit.kind) {
      case 'logic':
        return this.#code.renew(edit.plugins)
      case 'mend':
        return this.#code.mend(edit.plugin)
      case 'part':
        return this.#code.renewPart()
      case 'twice':
        return this.#code.renewTwice(edit.plugin, edit.fault)
      case 'helper':
        return this.#code.renewHelper()
      case 'break':
        return this.#code.break(edit.plugin, edit.fault)
      case 'disable':
        return this.#disable(edit.plugin)
      case 'enable':
        return this.#enable(edit.plugin)
      case 'configure':
        return edit.isGood ? this.#configure() : this.#misconfigure()
    }
  }

  async #disable(plugin: PluginName): Promise<Ended> {
    this.#standing.disabled = plugin
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
    this.#standing.disabled = undefined
    const version = this.#standing.wanted.get(plugin)
    if (version !== undefined) await this.#tell({ fact: 'active', of: plugin, version, at })
    await this.#tell({ fact: 'back', plugin, at })
    return { outcome: 'enabled', activeMs: at - askedAt }
  }

  async #configure(): Promise<Ended> {
    const { scratch, server, random } = this.#parts
    const version = ++this.#ttl
    scratch.configuration.change(random)
    await this.#tell({ fact: 'offer', of: 'token_ttl', version })
    let savedAt = 0
    const { outcome, error, at } = await configurationAfter(server, async () => {
      await save(scratch.config, scratch.configuration.text(version), random)
      savedAt = now()
    })
    if (outcome !== 'committed') throw new Error(`a good plugins.yaml ended ${outcome}: ${error}`)
    await this.#tell({ fact: 'active', of: 'token_ttl', version, at })
    return { outcome, activeMs: at - savedAt }
  }

  async #misconfigure(): Promise<Ended> {
    const { scratch, server, random } = this.#parts
    const text = scratch.configuration.text(`"never ${this.#standing.next()}"`)
    const { outcome } = await configurationAfter(server, () => save(scratch.config, text, random))
    if (outcome !== 'kept') throw new Error(`a bad plugins.yaml ended ${outcome}`)
    return { outcome }
  }

  /** Each plugin must answer with what it was made of last. */
  async #look(): Promise<void> {
    for (const plugin of PLUGINS) {
      if (plugin === this.#standing.disabled) continue
      for (const [of, version] of await this.#parts.control.versions(plugin)) {
        const wanted = this.#standing.wanted.get(of)
        if (version !== wanted)
          throw new Error(`${plugin} answers by version ${version} of ${of}, and ${wanted} was saved`)
      }
    }
  }

  async #tell(fact: Fact): Promise<void> {
    await this.#parts.cannon.ask({ ask: 'fact', fact })
  }
}
