// A way to a server that can be cut, stopped up and mended, so that a server which others use too can be away for one test.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Proxy {
  /** The same URL, by this way. */
  readonly url: string
  /** How many connections there are. */
  connections(): number
  /** Cuts all connections, and refuses new ones. */
  cut(): Promise<void>
  /** Says nothing any more, on connections old and new. */
  stopUp(): void
  mend(): Promise<void>
}

/** Opens a way to the server of a URL, until the test ends. */
export async function openProxy(target: string, defaultPort: number): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isStopped = false
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port || defaultPort), hostname)
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => void (isStopped || to.write(bytes)))
      // That one end is gone is what the other is told; an error is another way to go.
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        if (!isStopped) to.destroy()
      })
    }
  })
  const listen = async (on: number) => {
    server.listen(on, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const cut = async () => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    await closed
  }
  const own = await listen(0)
  onTestFinished(cut)
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(own)
  return {
    url: url.href,
    connections: () => sockets.size / 2,
    cut,
    stopUp: () => {
      isStopped = true
    },
    mend: async () => {
      isStopped = false
      if (!server.listening) await listen(own)
    },
  }
}
