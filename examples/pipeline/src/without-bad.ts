// Runs of a pipeline that go on without the records that one of its steps called bad.
import { PipelineError, type PipelineSteps } from 'cf-plugins'
import { badRecordsOf } from '../plugins/_shared/bad-records.ts'
import { type Batch, without } from '../plugins/_shared/batch.ts'

/** A record that is not in the result, and why. */
export interface Rejected {
  readonly at: number
  /** Where it begins in the file, in bytes. */
  readonly offset: number
  readonly why: string
}

export interface BadPolicy {
  readonly signal: AbortSignal
  /** Whether the run goes on without bad records. */
  readonly onBad: 'skip' | 'stop'
}

/** What became of a batch. */
export interface Outcome {
  readonly batch: Batch
  readonly rejected: readonly Rejected[]
  /** What was taken back on the way, step by step. */
  readonly undone: readonly string[]
}

/** The run stops at a bad record, as it was told to. */
export class StoppedAtBad extends Error {
  /** What was taken back. */
  readonly undone: readonly string[]

  constructor({ at, offset, why }: Rejected, undone: readonly string[]) {
    super(`record ${at}, at byte ${offset}: ${why}`)
    this.undone = undone
  }
}

/**
 * Sends a batch through a pipeline. Where a step calls records bad, whatever was done with the batch is undone by then: it goes through once
 * more, without them.
 *
 * @throws `PipelineError` where a step fails for another reason, or the run is cancelled; `StoppedAtBad` where bad records are not to be skipped
 */
export async function runWithoutBad(
  pipeline: PipelineSteps<Batch>,
  batch: Batch,
  { signal, onBad }: BadPolicy,
): Promise<Outcome> {
  const rejected: Rejected[] = []
  const undone: string[] = []
  let left = batch
  for (;;) {
    try {
      return { batch: await pipeline.run(left, { signal }), rejected, undone }
    } catch (error) {
      const bad = badRecordsOf(error)
      if (bad === undefined || !(error instanceof PipelineError) || error.undoFailures.length > 0) throw error
      const reasons = new Map(bad.map(({ at, why }) => [at, why]))
      const found = left.records.filter(({ at }) => reasons.has(at))
      // Nothing would be different the next time.
      if (found.length === 0) throw error
      const each = found.map(({ at, offset }) => ({ at, offset, why: reasons.get(at) ?? '' }))
      if (onBad === 'stop' && each[0]) throw new StoppedAtBad(each[0], error.undone)
      rejected.push(...each)
      undone.push(...error.undone)
      left = without(left, new Set(reasons.keys()))
    }
  }
}
