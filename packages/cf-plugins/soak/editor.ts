// Makes one edit of one kind after the other, waits until it is dealt with, and has looked at what came of it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { PluginManager, ReloadReport } from 'cf-plugins'
import { affectedBy, CAST, entryOf, type Role, usersOf } from './cast.ts'
import { Choices } from './choices.ts'
import { dependentsOf, type Fault, type Trap } from './faults.ts'
import { type Folder, hashOf } from './folder.ts'
import type { Inspector } from './inspector.ts'
import type { Judge } from './judge.ts'
import type { Model, Save } from './model.ts'
import type { Random } from './random.ts'
import { contentKey, type Reports } from './reports.ts'
import type { SoakShared } from './shared.ts'
import type { Tally } from './tally.ts'
import { affectedByFiles, Verdict } from './verdict.ts'

/** What an editor works with. */
export interface EditorParts {
  readonly manager: PluginManager
  readonly folder: Folder
  readonly model: Model
  readonly reports: Reports
  readonly shared: SoakShared
  readonly judge: Judge
  readonly inspector: Inspector
  readonly tally: Tally
  readonly random: Random
}

type Kind = 'good' | 'fault' | 'second' | 'several' | 'asked' | 'rested' | 'restored' | 'deleted'

/** How often each kind is, in a thousand. Deleting waits for the half second after which a file is gone. */
const KINDS: readonly (readonly [Kind, number])[] = [
  ['good', 370],
  ['fault', 470],
  ['second', 50],
  ['several', 60],
  ['asked', 30],
  ['rested', 15],
  ['restored', 13],
  ['deleted', 7],
]

export class Editor {
  readonly #parts: EditorParts
  readonly #choices: Choices
  readonly #verdict: Verdict
  /** What is being done, for whoever tells of something wrong. */
  doing = ''

  constructor(parts: EditorParts) {
    this.#parts = parts
    this.#choices = new Choices(parts.random)
    this.#verdict = new Verdict(parts)
  }

  async edit(): Promise<void> {
    const { random, model } = this.#parts
    const role = random.weighted(CAST, ({ weight }) => weight)
    const file = this.#choices.fileOf(role)
    const sick = model.sickBeside(file)
    const [kind] = random.weighted(KINDS, ([, weight]) => weight)
    if (sick !== undefined) {
      // What is bad is mended first: a save beside it would meet it too.
      const mended = usersOf(sick)[0] as Role
      const fault = kind === 'fault' && random.chance(0.3) ? this.#choices.fault(mended, sick) : undefined
      return fault ? this.#fault(mended, sick, fault) : this.#good(mended, sick)
    }
    switch (kind) {
      case 'good':
        return this.#good(role, file)
      case 'fault':
        return this.#fault(role, file, this.#choices.fault(role, file))
      case 'second':
        return this.#second(role, file)
      case 'several':
        return this.#several()
      case 'asked':
        return this.#asked(role)
      case 'rested':
        return this.#rested(role)
      case 'restored':
        return this.#restored(role)
      case 'deleted':
        return this.#deleted(role)
      default: {
        const check: never = kind
        return check
      }
    }
  }

  async #good(role: Role, file: string): Promise<void> {
    await this.#save('good', [this.#parts.model.next(role, file)])
  }

  async #fault(role: Role, file: string, fault: Fault): Promise<void> {
    const save = this.#parts.model.next(role, file, fault.code)
    const trap = fault.trap?.(role)
    await this.#save(fault.name, [save], { fault, ...(trap && { trap: { plugin: role.name, ...trap } }) })
    if (fault.outcome === 'failed') await this.#good(role, file)
  }

  /** The first save may be bad: nobody may be left with it. */
  async #second(role: Role, file: string): Promise<void> {
    const { model, random, folder, shared } = this.#parts
    const fault = random.chance(0.4) ? this.#choices.codeFault(role, file) : undefined
    const first = model.next(role, file, fault?.code)
    const second = model.next(role, file)
    await this.#save('second', [second], {
      before: async () => {
        await folder.save(first.file, first.text, this.#choices.style(), random)
        await sleep(random.between(0, 40))
        shared.release()
      },
    })
  }

  async #several(): Promise<void> {
    const { model, random } = this.#parts
    const files = new Set<string>()
    for (let left = random.between(2, 4); left > 0; left--) files.add(this.#choices.fileOf(random.pick(CAST)))
    const free = [...files].filter((file) => model.sickBeside(file) === undefined)
    const bad = random.chance(0.3) ? random.pick(free) : undefined
    // One that is read with the bad one ends as that does, or does not: it depends on which is there first.
    const isRead = (file: string) => bad !== undefined && file !== bad && usersOf(file).some(isUserOf(bad))
    const saves = free
      .filter((file) => !isRead(file))
      .map((file) => {
        const role = usersOf(file)[0] as Role
        const fault = file === bad ? this.#choices.codeFault(role, file) : undefined
        return model.next(role, file, fault?.code)
      })
    if (saves.length > 0) await this.#save('several', saves)
  }

  /** By name, as a host or a person asks for it. */
  async #asked({ name, ...role }: Role): Promise<void> {
    const { manager, tally, inspector, model, shared } = this.#parts
    this.doing = `asked for ${name}`
    const report = await manager.reload(name)
    await manager.idle()
    tally.add('asked', report.outcome)
    if (role.isServer) tally.ofServer++
    if (report.outcome === 'committed') model.commit(entryOf({ name, ...role }))
    else this.#verdict.mustBeStrain(report, 'committed')
    shared.release()
    inspector.look(affectedBy([name]))
  }

  /** Switched off, with all that need it, and on again. Not a reload, but it must not lose anything either. */
  async #rested({ name, isServer }: Role): Promise<void> {
    if (isServer) return
    const { manager, inspector } = this.#parts
    const affected = affectedBy([name])
    this.doing = `switched off ${name}`
    await manager.disable(name)
    inspector.look(new Set(), affected)
    this.doing = `switched on ${name}`
    await manager.enable(name)
    inspector.look(new Set())
  }

  /** Deleted, and there again before anybody can know that it was meant. */
  async #restored(role: Role): Promise<void> {
    const { model, random, folder } = this.#parts
    const file = entryOf(role)
    await this.#save('restored', [model.next(role, file)], {
      before: async () => {
        await folder.remove(file)
        await sleep(random.between(5, 200))
      },
    })
  }

  /** Deleted for good, and then there again. */
  async #deleted(role: Role): Promise<void> {
    const { model, folder, reports, manager, tally, judge, inspector } = this.#parts
    if (role.isServer) return this.#good(role, entryOf(role))
    const file = entryOf(role)
    this.doing = `deleted ${file}`
    const key = contentKey(folder.fileOf(file), undefined)
    const hearing = reports.expect([key])
    await folder.remove(file)
    await hearing.complete()
    await manager.idle()
    hearing.end()
    const report = hearing.reports.get(key)
    if (!report) judge.wrong('content', `nobody told that ${file} is gone`)
    tally.add('deleted', report?.outcome ?? 'nothing')
    const isNeeded = dependentsOf(role).length > 0
    inspector.look(new Set([role.name]), new Set(isNeeded ? [] : [role.name]))
    await this.#save('restored', [model.next(role, file)])
  }

  async #save(
    kind: string,
    saves: readonly Save[],
    options: { readonly fault?: Fault; readonly trap?: Trap; readonly before?: () => Promise<void> } = {},
  ): Promise<void> {
    const { model, folder, reports, manager, shared, random, inspector, judge } = this.#parts
    const { fault, trap, before } = options
    this.doing = `${kind}: ${saves.map(({ file, edit }) => `${file} (edit ${edit})`).join(', ')}`
    if (trap) shared.arm(trap)
    const keyOf = (save: Save) => contentKey(folder.fileOf(save.file), hashOf(save.text))
    const hearing = reports.expect(saves.map(keyOf))
    await before?.()
    for (const save of saves) {
      model.save(save)
      await folder.save(save.file, save.text, this.#choices.style(), random)
    }
    await hearing.complete()
    await manager.idle()
    hearing.end()
    const byReport = new Map<ReloadReport, Save[]>()
    for (const save of saves) {
      const report = hearing.reports.get(keyOf(save))
      if (report) byReport.set(report, [...(byReport.get(report) ?? []), save])
      else judge.wrong('content', `edit ${save.edit} of ${save.file} was dropped: nobody reported it`)
    }
    for (const [report, own] of byReport) this.#verdict.conclude(kind, report, own, fault)
    // A good save that went down with a bad one comes in with the next of that.
    const changed = [...hearing.reports.values()].flatMap(({ plan }) =>
      plan.changes.map((each) => folder.nameOf(each.file)),
    )
    const affected = affectedByFiles([...saves.map(({ file }) => file), ...changed])
    const isDown = fault?.outcome === 'failed' && [...byReport.keys()].some(({ outcome }) => outcome === 'failed')
    inspector.look(affected, isDown ? affectedByFiles(saves.map(({ file }) => file)) : undefined)
    shared.release()
  }
}

function isUserOf(file: string): (role: Role) => boolean {
  const users = usersOf(file)
  return (role) => users.includes(role)
}
