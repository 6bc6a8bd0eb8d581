// One clock for all processes of a machine, so that the load can tell what was sent before an edit was in force.

/** Milliseconds since some moment that is the same for every process of this machine. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
