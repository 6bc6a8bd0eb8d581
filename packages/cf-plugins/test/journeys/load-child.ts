// Run by held-server.test.ts: asks an HTTP server as fast as it answers, and tells of every answer that was not as it should be.
// `node load-child.ts <port>`; when its input ends, it finishes what is under way and prints `{ answered, wrong }`.
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

const KEEP_ALIVE = 4
const ANEW = 2
/** Characters that a request on a connection of its own carries. */
const BODY = 'x'.repeat(50_000)

const port = Number(process.argv[2])
const wrong: string[] = []
const answered = { keepAlive: 0, anew: 0 }
let isOver = false
process.stdin.resume().once('end', () => {
  isOver = true
})

const agent = new Agent({ keepAlive: true, maxSockets: KEEP_ALIVE })
await Promise.all([
  ...Array.from({ length: KEEP_ALIVE }, (_, index) => ask('keepAlive', agent, `k${index}`)),
  ...Array.from({ length: ANEW }, (_, index) => ask('anew', false, `a${index}`)),
])
agent.destroy()
console.log(JSON.stringify({ answered, wrong }))

/** One client: what it asks next, it asks when it has been answered. Its answers never come from older code than the last. */
async function ask(kind: keyof typeof answered, by: Agent | false, client: string): Promise<void> {
  let newest = 0
  for (let count = 0; !isOver; count++) {
    const body = by ? '' : BODY
    const question = `${client}-${count} with ${body.length}`
    try {
      const answer = await get(`/${client}-${count}`, by, body)
      const [, version, about] = /^200 web (\d+): (.*)$/.exec(answer) ?? []
      if (about !== question || Number(version) < newest) wrong.push(`${question}: ${answer}, after version ${newest}`)
      newest = Number(version)
      answered[kind]++
    } catch (error) {
      wrong.push(`${question}: ${error}`)
    }
    // The machine has other things to do too.
    await sleep(1)
  }
}

function get(path: string, by: Agent | false, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = body ? 'POST' : 'GET'
    const asking = request({ host: '127.0.0.1', port, method, path, agent: by, timeout: 20_000 }, async (response) => {
      try {
        resolve(`${response.statusCode} ${await text(response)}`)
      } catch (error) {
        reject(error)
      }
    })
    asking.once('timeout', () => asking.destroy(new Error('no answer within 20 s')))
    asking.once('error', reject)
    asking.end(body)
  })
}
