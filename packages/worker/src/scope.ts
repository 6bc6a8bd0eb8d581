// What one call took along, or brought, of which there is no clone.

/** Functions and signals by their numbers, to be let go of when the call is over. Lists are made when there is one. */
export interface Scope {
  functions: number[] | undefined
  signals: number[] | undefined
}
