// A process that asks the server for answers without a pause, by autocannon over connections that are kept, and over a new one for each
// request besides. It judges every answer as it comes.
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { answering, tell } from './answering.ts'
import { type Answer, type Ask, Conversation } from './conversation.ts'
import { Judge } from './judge.ts'
import type { CannonNews, CannonRequest } from './messages.ts'
import { Traffic } from './traffic.ts'

/** A request without an answer for so long has none. A reload may keep one waiting for 20 s. */
const ANSWER_SECONDS = 30
/** Who waits for so long when a run ends, with no edit for a while, waits for nothing. */
const STUCK_MS = 2000
/** Longer than any run: it is stopped. */
const FOREVER_SECONDS = 7 * 24 * 3600
/** Of four clients one connects anew for each request. */
const ANEW_SHARE = 0.25
/** Bodies from this length on, in characters, come in two pieces, with so much time between. */
const LONG = 10_000
const PIECES_MS = 20
/** What is told one by one; the rest is counted. */
const TOLD = 50

let told = 0
const judge = new Judge((failure) => {
  if (++told <= TOLD) tell<CannonNews>({ news: 'failure', failure })
})
let stopped = false
let stop = async () => {}
const clients = new Set<Conversation>()

answering<CannonRequest>({
  async start({ address, password, connections }) {
    const traffic = await Traffic.begin(address, password)
    const anew = Math.max(1, Math.round(connections * ANEW_SHARE))
    const instance = keepingConnections(address, traffic, Math.max(1, connections - anew))
    const loops = Array.from({ length: anew }, () => connectingAnew(address, conversationOf(traffic)))
    stop = async () => {
      stopped = true
      const done = once(instance, 'done')
      instance.stop()
      await Promise.all([done, ...loops])
    }
  },
  fact: ({ fact }) => judge.take(fact),
  phase: ({ phase }) => judge.enter(phase),
  answers: ({ count }) => judge.more(count),
  async stop() {
    for (const client of clients) client.giveUp(STUCK_MS)
    const totals = judge.totals()
    await stop()
    return totals
  },
})

function conversationOf(traffic: Traffic): Conversation {
  const client = new Conversation(judge, traffic.steps())
  clients.add(client)
  return client
}

function keepingConnections(address: string, traffic: Traffic, connections: number): autocannon.Instance {
  const instance = autocannon(
    {
      url: address,
      connections,
      duration: FOREVER_SECONDS,
      timeout: ANSWER_SECONDS,
      // Its own list of requests for each client: what a client made, it reads.
      setupClient(client) {
        const conversation = conversationOf(traffic)
        client.setRequests([
          {
            setupRequest: (defaults) => {
              const { method, path, headers, body } = conversation.next()
              return { ...defaults, method, path, headers: { ...headers }, body }
            },
            onResponse: (status, body, _context, headers) => {
              conversation.answered(status, body, lowerCase(headers ?? {}))
            },
          },
        ])
      },
    },
    () => {},
  )
  instance.on('reqError', (error: unknown) => {
    // Which of the clients it was, it does not say: the request is counted when its client goes on without an answer.
    if (!stopped) process.stderr.write(`a connection failed: ${error instanceof Error ? error.message : error}\n`)
  })
  return instance
}

async function connectingAnew(address: string, conversation: Conversation): Promise<void> {
  while (!stopped) {
    const ask = conversation.next()
    try {
      const { status, body, headers } = await asked(address, ask)
      conversation.answered(status, body, headers)
    } catch (error) {
      conversation.lost(error instanceof Error ? error.message : String(error))
    }
  }
}

async function asked(address: string, { method, path, headers, body }: Ask): Promise<Omit<Answer, 'sentAt'>> {
  const signal = AbortSignal.timeout(ANSWER_SECONDS * 1000)
  const sent = request(new URL(path, address), {
    method,
    agent: false,
    signal,
    headers: {
      ...headers,
      connection: 'close',
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
  })
  // Until the answer is there `once` hears of it, and then whoever reads the answer.
  sent.on('error', () => {})
  const [[response]] = await Promise.all([once(sent, 'response') as Promise<[IncomingMessage]>, bring(sent, body)])
  const received = await text(response)
  return { status: response.statusCode ?? 0, body: received, headers: lowerCase(response.headers) }
}

/** An upload comes in two pieces: new code may come between them. */
async function bring(sent: ClientRequest, body = ''): Promise<void> {
  const half = body.length > LONG ? body.length / 2 : 0
  if (half > 0) {
    sent.write(body.slice(0, half))
    await sleep(PIECES_MS)
  }
  sent.end(body.slice(half))
}

function lowerCase(headers: Readonly<Record<string, string | string[] | undefined>>): Answer['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
}
