// Taking back what the steps of a run have done, last first.
import { isThenable } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import type { DispatchCore } from './dispatch-core.ts'
import { callEither } from './either.ts'
import { type UndoFailure, type Undone, undoGone, undoTimeout } from './pipeline-failures.ts'
import type { StepEntry, StepHandler } from './pipeline-step.ts'
import type { RunContext } from './step-context.ts'
import type { StepTaken } from './step-unit.ts'

/** Who asks for it. */
export interface UndoOwner {
  readonly core: DispatchCore<StepHandler>
  readonly source: string
  successorOf(entry: StepEntry): StepEntry | undefined
}

/** Takes all of `taken` back, one after the other; each has as long as its step. Never rejects. */
export async function undoAll(run: UndoOwner, taken: readonly StepTaken[]): Promise<Omit<Undone, 'unsettled'>> {
  const undone: string[] = []
  const undoFailures: UndoFailure[] = []
  for (const each of [...taken].reverse()) {
    const { owner, handler } = each.entry
    try {
      await undoWithin(run, each)
      undone.push(handler.step)
    } catch (error) {
      undoFailures.push({ step: handler.step, plugin: owner.name, error })
      run.core.report(each.entry.name, owner.name, error)
    }
  }
  return { undone, undoFailures }
}

function undoWithin(run: UndoOwner, taken: StepTaken): unknown {
  const { entry } = taken
  const context = taken.context.forUndo()
  let isOver = false
  const undo = () => {
    if (!isOver) return undoOne(run, taken, context)
  }
  const ms = entry.timeoutMs ?? run.core.usualMs
  const late = () => {
    isOver = true
    const error = undoTimeout(entry.owner, entry.handler.step, ms)
    context.end(error)
    return error
  }
  return within(isParked(entry.owner, run.source) ? parked(entry, undo) : undo(), { ms, late })
}

/** Through the gate of a plugin that is being replaced, whose next generation takes back what this one did. */
function parked(entry: StepEntry, undo: () => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const deliver = () => {
      try {
        const result = undo()
        resolve(result)
        return isThenable(result) ? result.then(undefined, () => undefined) : undefined
      } catch (error) {
        reject(error)
      }
    }
    park(entry.gate as DeliveryGate, 'call', deliver, reject)
  })
}

function undoOne(run: UndoOwner, { entry, given }: StepTaken, context: RunContext): unknown {
  const serving = entry.stage.live ? entry : run.successorOf(entry)
  const undo = serving?.handler.undo
  if (serving === undefined || undo === undefined) throw undoGone(entry.owner, entry.handler.step)
  const { gate } = serving
  const leave = () => gate?.leave()
  gate?.enter()
  return callEither(undo, [given, context], leave, (error) => {
    leave()
    throw error
  })
}
