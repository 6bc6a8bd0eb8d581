// What the files hold and what must serve, kept apart from the code that is tried.
import { CAST, entryOf, filesOf, type Role, usersOf } from './cast.ts'
import type { Content } from './content.ts'
import type { CodeFault } from './faults.ts'
import type { Random } from './random.ts'
import { entrySource, helperSource, STATE_VERSIONS } from './source.ts'

/** What is written into one file. */
export interface Save {
  readonly file: string
  readonly text: string
  readonly edit: number
  readonly stateVersion: number | undefined
  readonly fault: CodeFault | undefined
}

export class Model {
  readonly #random: Random
  /** The last save of each file. */
  readonly #saved = new Map<string, Save>()
  /** Which edit of each of its files each plugin runs. */
  readonly #active = new Map<string, Map<string, number>>()
  readonly #stateVersions = new Map<string, number>()
  #edits = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** How many contents were written. */
  get edits(): number {
    return this.#edits
  }

  /** The next content of a file. It is not noted as saved yet. */
  next(role: Role, file: string, fault?: CodeFault): Save {
    const edit = ++this.#edits
    if (file !== entryOf(role)) return { file, edit, fault, stateVersion: undefined, text: helperSource(edit, fault) }
    const stateVersion = this.#nextStateVersion(role, fault)
    const isAsync = role.isServer || this.#random.chance(0.5)
    const content: Content = { edit, stateVersion, isAsync, fault }
    return { file, edit, fault, stateVersion, text: entrySource(role, content) }
  }

  save(save: Save): void {
    this.#saved.set(save.file, save)
  }

  /** Plugins that read this file were loaded anew: they run what is saved. */
  commit(file: string): void {
    for (const role of usersOf(file)) {
      const files = new Map(filesOf(role).map((each) => [each, this.#saved.get(each)?.edit ?? 0]))
      this.#active.set(role.name, files)
      this.#stateVersions.set(role.name, this.#saved.get(entryOf(role))?.stateVersion ?? 1)
    }
  }

  /** Takes what a plugin runs for right. */
  take(plugin: string, file: string, edit: number): void {
    this.#active.get(plugin)?.set(file, edit)
  }

  /** What a plugin must say of its files. */
  active(plugin: string): ReadonlyMap<string, number> {
    return this.#active.get(plugin) ?? new Map()
  }

  /** Whether a plugin runs all that is saved for it, and none of it is bad. */
  isLatest(role: Role, files: Readonly<Record<string, number>>): boolean {
    return filesOf(role).every((file) => {
      const saved = this.#saved.get(file)
      return saved !== undefined && saved.fault === undefined && saved.edit === files[file]
    })
  }

  /** A bad file, this one among them, that keeps the users of `file` from being loaded. */
  sickBeside(file: string): string | undefined {
    return usersOf(file)
      .flatMap(filesOf)
      .find((each) => this.isSick(each))
  }

  /** Whether the last save of a file cannot serve. */
  isSick(file: string): boolean {
    return this.#saved.get(file)?.fault !== undefined
  }

  /** All files, as they are to begin with. */
  beginning(): Save[] {
    const saves = new Map<string, Save>()
    for (const role of CAST) for (const file of filesOf(role)) saves.set(file, saves.get(file) ?? this.next(role, file))
    return [...saves.values()]
  }

  #nextStateVersion({ name }: Role, fault: CodeFault | undefined): number {
    const now = this.#stateVersions.get(name) ?? 1
    if (!fault?.startsWith('migrate') && this.#random.chance(0.6)) return now
    const others = Array.from({ length: STATE_VERSIONS }, (_, index) => index + 1).filter((version) => version !== now)
    return this.#random.pick(others)
  }
}
