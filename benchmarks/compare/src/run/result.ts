// What a case came to, for the report and for programs.
import type { JudgedGoal, Spread } from '@cf-plugins/bench-harness'
import type { Case, Unit } from '../case.ts'

/** What a contender is in its case. */
export type Role = 'ours' | 'also ours' | 'floor' | 'peer' | 'does less' | 'does less'

/** One contender of a case. Figures are nanoseconds, or bytes, an operation. */
export type ResultRow = { readonly name: string; readonly role: Role } & (
  | (Spread & { readonly samples: number })
  | {
      /** What became of it. */
      readonly failure: string
      /** How the row tells it, where it is an outcome that the case foresees. */
      readonly foreseenAs?: string
    }
)

/** One case. */
export interface CaseResult {
  readonly id: string
  readonly title: string
  readonly unit: Unit
  readonly note?: string
  readonly rows: readonly ResultRow[]
  readonly goals: readonly JudgedGoal[]
}

/** A row with figures. */
export type MeasuredRow = Extract<ResultRow, { samples: number }>

/** A row without. */
export type FailedRow = Exclude<ResultRow, MeasuredRow>

/** The role of one of its contenders. */
export function roleOf({ ours, alsoOurs = [], doLess = [], floor }: Case, name: string): Role {
  if (name === ours) return 'ours'
  if (doLess.includes(name)) return 'does less'
  if (alsoOurs.includes(name)) return 'also ours'
  return name === floor ? 'floor' : 'peer'
}

export function isMeasured(row: ResultRow): row is MeasuredRow {
  return 'samples' in row
}

/** The measured row of a role; of peers the best one. */
export function rowOf({ rows }: Pick<CaseResult, 'rows'>, role: Role): MeasuredRow | undefined {
  return rows
    .filter(isMeasured)
    .filter((row) => row.role === role)
    .reduce<MeasuredRow | undefined>((best, row) => (best && best.median <= row.median ? best : row), undefined)
}

/** Contenders that failed where nobody foresaw it. */
export function failuresOf({ rows }: CaseResult): string[] {
  return rows.flatMap((row) =>
    isMeasured(row) || row.foreseenAs !== undefined ? [] : [`${row.name} failed: ${row.failure}`],
  )
}
