// A link to a thread of the tests.
import { MessageChannel, Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { Link, type LinkOptions, type Serve } from '../src/link.ts'
import { SyncAnswers } from '../src/sync-caller.ts'

/** What this side does for the thread. */
export interface Desk extends Omit<LinkOptions, 'answerAsked'> {
  readonly serve?: Serve
  /** What the thread waits for. */
  readonly serveSync?: (op: string, args: unknown[]) => unknown
  /** How long the thread waits, in milliseconds. */
  readonly boundMs?: number
}

/** This side's end of a link whose other end is in `children/link-thread.ts`. */
export function linkToThread({
  serve = () => {},
  serveSync = () => {},
  boundMs = 10_000,
  ...options
}: Desk = {}): Link {
  const calls = new MessageChannel()
  const waits = new MessageChannel()
  const answers = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL('./children/link-thread.mjs', import.meta.url), {
    workerData: { port: calls.port2, sync: { port: waits.port2, answers }, boundMs },
    transferList: [calls.port2, waits.port2],
    execArgv: ['-C', '@cf-plugins/source'],
  })
  const sync = new SyncAnswers({ port: waits.port1, answers }, serveSync, 'parser')
  const link: Link = new Link(calls.port1, serve, {
    plugin: 'parser',
    answerAsked: (message) => sync.answer(link, message),
    ...options,
  })
  onTestFinished(async () => {
    link.close(new Error('the test is over'))
    await worker.terminate()
  })
  return link
}

/** What a promise rejects with. */
export async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  )
  if ('thrown' in outcome) return outcome.thrown
  throw new Error(`It did not reject, but gave ${String(outcome.value)}`)
}
