// New commands for completion: the plugins are started for it, without what they keep, and stopped.
import { openHost } from '../host.ts'
import { Interruption } from '../interruption.ts'
import type { Places } from '../places.ts'
import { createProgram } from '../program.ts'
import { remember } from '../remember.ts'
import type { Session } from '../session.ts'
import type { Snapshot } from './snapshot.ts'

/** How long somebody who pressed Tab waits, in milliseconds. */
const PATIENCE_MS = 10_000

/** Starts the plugins and takes down what commands they add. What they print meanwhile goes to stderr. */
export async function refreshed(places: Places): Promise<Snapshot> {
  using interruption = new Interruption(() => {})
  const signal = AbortSignal.any([interruption.signal, AbortSignal.timeout(PATIENCE_MS)])
  const session: Session = { places, verbose: false, signal }
  const { write } = process.stdout
  process.stdout.write = process.stderr.write.bind(process.stderr)
  try {
    const program = createProgram(session)
    await using host = await openHost(program, { places, signal })
    return remember(program, session, host)
  } finally {
    process.stdout.write = write
  }
}
