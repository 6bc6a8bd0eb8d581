// The second process: asks the server for a page again and again, answered or not, and tells how long each answer took.
import { Agent, get } from 'node:http'
import { LATE_MS, PAUSE_MS } from './pace.ts'

/** What became of all requests. */
export interface Visits {
  readonly requests: number
  /** Answered later than `LATE_MS` after they were sent. */
  readonly late: number
  /** Not answered as they should have been. */
  readonly failed: number
  readonly slowestMs: number
}

/** How long one answer may take, in milliseconds. */
const TIMEOUT_MS = 30_000

const agent = new Agent({ keepAlive: true })

const [url] = process.argv.slice(2)
if (url === undefined || !process.send) throw new Error('The visitors are started by the demo.')

// Nobody is left who would read what they found.
process.on('disconnect', () => process.exit())
await visit(url)
const answers: Promise<number | undefined>[] = []
const timer = setInterval(() => answers.push(visit(url)), PAUSE_MS)
process.once('message', async () => {
  clearInterval(timer)
  process.send?.(visitsOf(await Promise.all(answers)))
})
process.send('there')

/** How long the answer took in milliseconds; nothing where it was none. */
function visit(page: string): Promise<number | undefined> {
  const from = performance.now()
  return new Promise((resolve) => {
    const request = get(page, { agent, timeout: TIMEOUT_MS }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200 ? performance.now() - from : undefined))
    })
    request.on('timeout', () => request.destroy()).on('error', () => resolve(undefined))
  })
}

function visitsOf(answers: readonly (number | undefined)[]): Visits {
  const times = answers.filter((ms) => ms !== undefined)
  return {
    requests: answers.length,
    late: times.filter((ms) => ms > LATE_MS).length,
    failed: answers.length - times.length,
    slowestMs: Math.max(0, ...times),
  }
}
