// A handler as its host sees it: where it stands, and how it fares.
import type { HandlerEntry } from './handler-entry.ts'
import type { HandlerKind } from './handler-trace.ts'

/** A registered handler, live or switched off. */
export interface HandlerView {
  /** What `switchOff` and `switchOn` know it by. */
  readonly id: string
  readonly plugin: string
  readonly generation?: number | undefined
  readonly kind: HandlerKind
  /** The name that it was registered for, which may be a pattern. */
  readonly name: string
  /** A step's, within its pipeline. */
  readonly step?: string | undefined
  readonly priority: number
  /** Whether it is switched on. */
  readonly on: boolean
  /** Why it is switched off. */
  readonly reason?: string | undefined
  readonly calls: number
  /** Those of `calls` that failed or took too long. */
  readonly failures: number
  /** How long a recent call took, in milliseconds: the last one, or of very short ones the last that was looked at. */
  readonly lastMs?: number | undefined
}

/** @param planned how many calls its plan has counted */
export function viewOf(kind: HandlerKind, entry: HandlerEntry<unknown>, planned: number): HandlerView {
  const { id, name, label, owner, priority, record } = entry
  return {
    id,
    plugin: owner.name,
    generation: owner.source?.generation,
    kind,
    name,
    step: label,
    priority,
    on: record.off === undefined,
    reason: record.off,
    calls: record.calls + planned,
    failures: record.failures,
    lastMs: record.lastMs,
  }
}
