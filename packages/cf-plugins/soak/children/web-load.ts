// Asks a server without an end, `web-load.ts <port>`, over kept and over new connections, and tells its parent how it fares.
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WebTold } from '../web-load.ts'

const CALLERS = 4
const PAUSE_MS = 15
const TELL_MS = 500

const port = Number(process.argv[2])
const kept = new Agent({ keepAlive: true, maxSockets: CALLERS })
const failures: string[] = []
let answered = 0
let failed = 0
let isOver = false

function request(agent: Agent | undefined): Promise<void> {
  return new Promise((resolve) => {
    const fail = (why: unknown) => {
      failed++
      if (failures.length < 5) failures.push(String(why))
      resolve()
    }
    const options = { host: '127.0.0.1', port, timeout: 10_000, ...(agent ? { agent } : { agent: false as const }) }
    const asked = get(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (data) => {
        text += data
      })
      response.on('error', fail)
      response.on('end', () => {
        if (response.statusCode !== 200 || text !== 'web') return fail(`${response.statusCode} ${text}`)
        answered++
        resolve()
      })
    })
    asked.on('error', fail)
    asked.on('timeout', () => asked.destroy(new Error('no answer within 10 s')))
  })
}

async function call(agent: Agent | undefined): Promise<void> {
  while (!isOver) {
    await request(agent)
    await sleep(PAUSE_MS)
  }
}

const tell = () => process.send?.({ answered, failed, failures } satisfies WebTold)
const telling = setInterval(tell, TELL_MS)
process.on('message', () => {
  isOver = true
})
process.on('disconnect', () => process.exit(1))
await request(kept)
tell()
await Promise.all(Array.from({ length: CALLERS }, (_, index) => call(index % 2 === 0 ? kept : undefined)))
clearInterval(telling)
kept.destroy()
process.send?.({ answered, failed, failures } satisfies WebTold, () => process.disconnect())
