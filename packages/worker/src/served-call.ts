// A call of the other side, while it is answered here.
import { LateSignal } from './late-signal.ts'
import type { ServedCall } from './link.ts'
import type { Scope } from './scope.ts'

/** One call of the other side, with what came with its arguments. */
export class Served extends LateSignal implements ServedCall, Scope {
  functions: number[] | undefined
  signals: number[] | undefined
}
