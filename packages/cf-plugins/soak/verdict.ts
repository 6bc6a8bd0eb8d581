// Whether a reload ended as its edit must have it end.
import { PluginError, type ReloadReport } from 'cf-plugins'
import { affectedBy, usersOf } from './cast.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { Folder } from './folder.ts'
import type { Judge } from './judge.ts'
import type { Model, Save } from './model.ts'
import type { Tally } from './tally.ts'

/** What a verdict is made from, and told to. */
export interface VerdictParts {
  readonly folder: Folder
  readonly model: Model
  readonly judge: Judge
  readonly tally: Tally
}

export class Verdict {
  readonly #parts: VerdictParts

  constructor(parts: VerdictParts) {
    this.#parts = parts
  }

  /** Holds the report on some saves against what they are. */
  conclude(kind: string, report: ReloadReport, saves: readonly Save[], fault: Fault | undefined): void {
    const { tally, model, judge } = this.#parts
    const bad = saves.find((save) => save.fault !== undefined)
    const hasFault = fault !== undefined || bad !== undefined
    tally.add(kind, report.outcome, hasFault ? { hangs: fault?.hangs === true } : undefined)
    if (saves.some(({ file }) => usersOf(file).some(({ isServer }) => isServer))) tally.ofServer++
    const isCommitted = report.outcome === 'committed'
    if (isCommitted) for (const { file } of saves) model.commit(file)
    const badOutcome = FAULTS.find(({ code }) => code !== undefined && code === bad?.fault)?.outcome
    const outcome = fault?.outcome ?? badOutcome ?? 'committed'
    if (report.outcome !== outcome) this.mustBeStrain(report, outcome)
    else if (!isCommitted) this.#checkError(report, saves)
    else if (fault && report.problems.length === 0) judge.wrong('outcome', `${fault.name} was not told`)
  }

  /** A bound that a good plugin met because the machine is busy is no fault of the reload. */
  mustBeStrain(report: ReloadReport, expected: string): void {
    const { tally, judge, folder } = this.#parts
    const { outcome, error, plan } = report
    if (error && /TIMEOUT/.test(error.code) && outcome !== 'failed') tally.strained++
    else {
      const changed = plan.changes.map(({ file }) => folder.nameOf(file)).join(', ')
      const why = `${error?.code} ${error?.message} (changed: ${changed})`
      judge.wrong('outcome', `it ended as ${outcome}; expected ${expected}: ${why}`)
    }
  }

  /** An error about the content is on record. */
  #checkError({ error, outcome }: ReloadReport, saves: readonly Save[]): void {
    const { judge, folder } = this.#parts
    if (!(error instanceof PluginError)) {
      judge.wrong('content', `it was ${outcome}, and no error says why`)
      return
    }
    const told = `${error.plugin} ${error.file?.replace(folder.path, '')} ${error.message}`
    const names = [...saves.map(({ file }) => file), ...affectedByFiles(saves.map(({ file }) => file))]
    if (!names.some((name) => told.includes(name)))
      judge.wrong('content', `the error names neither plugin nor file: ${error.code} ${error.message}`)
  }
}

/** The plugins that read one of these files, and all that need one of them. */
export function affectedByFiles(files: readonly string[]): Set<string> {
  return affectedBy(files.flatMap((file) => usersOf(file).map(({ name }) => name)))
}
