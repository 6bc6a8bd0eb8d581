// How fast visitors ask, and what they call late.

/** Between two requests, in milliseconds. */
export const PAUSE_MS = 10
/** From when on an answer is late, in milliseconds. */
export const LATE_MS = 50
