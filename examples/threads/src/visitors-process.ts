// The visitors, as the demo sees them: a child process that tells what it found when it is asked to.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Visits } from './visitors.ts'

/** Visitors that ask the server all the time. */
export interface VisitorsProcess {
  /** What they found, when all that they asked has been answered. */
  found(): Promise<Visits>
  stop(): void
}

/** Starts a process that asks for `url`, and waits for its first answer. */
export async function startVisitors(url: string): Promise<VisitorsProcess> {
  const child = fork(join(import.meta.dirname, 'visitors.js'), [url])
  const ended = once(child, 'exit').then(() => {
    throw new Error('the visitors ended by themselves')
  })
  // It may be that nobody waits for them when they are stopped.
  ended.catch(() => {})
  const answer = () => Promise.race([once(child, 'message'), ended])
  await answer()
  return {
    found: async () => {
      const answered = answer()
      child.send('how was it?')
      const [visits] = await answered
      return visits as Visits
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
