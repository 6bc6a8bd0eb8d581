// How many reloads there were, of which kinds, and how they ended.
import type { Fault, Outcome } from './faults.ts'

export class Tally {
  reloads = 0
  withFaults = 0
  withHangs = 0
  /** Good ones that met a bound because the machine was busy. */
  strained = 0
  ofServer = 0
  readonly outcomes = new Map<Outcome | string, number>()
  readonly kinds = new Map<string, number>()

  add(kind: string, outcome: string, fault?: Pick<Fault, 'hangs'>): void {
    this.reloads++
    if (fault) this.withFaults++
    if (fault?.hangs) this.withHangs++
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
  }
}
