// What a contender's process and the comparison tell each other.

/** To the process. After `end` it ends. */
export type Request = 'sample' | 'end'

/** From the process: first `ready` or `failed`, then an answer to each request. */
export type Answer =
  | { readonly kind: 'ready' }
  /** Nanoseconds (or bytes) an operation. */
  | { readonly kind: 'sample'; readonly value: number }
  | { readonly kind: 'failed'; readonly message: string }

/** What the process is started with, after its program. */
export type Arguments = readonly [casesModule: string, caseId: string, contender: string, mode: Mode]

/** `warm`: calibrated, then samples. `cold`: the first call is the one sample. `once`: one call, and its check, before it is ready. */
export type Mode = 'warm' | 'cold' | 'once'
