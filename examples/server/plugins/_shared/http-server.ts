// A listening HTTP server, as the host holds it: its end is a promise that waits for answers under way.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from 'cf-plugins'

export class HttpServer implements AsyncDisposable {
  readonly server: Server = createServer()
  #closed: Promise<void> | undefined

  /** @throws with what to do, where it cannot listen there */
  static async listen(host: string, port: number): Promise<HttpServer> {
    const made = new HttpServer()
    try {
      await once(made.server.listen(port, host), 'listening')
      return made
    } catch (error) {
      throw new Error(whyNot(error, host, port), { cause: error })
    }
  }

  get address(): AddressInfo {
    // Of a server on a port it is no text, and one that has listened once is never made without.
    return this.server.address() as AddressInfo
  }

  get isClosing(): boolean {
    return this.#closed !== undefined
  }

  /** Takes no more connections, ends those that are idle, and resolves when the answers under way are given. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeIdleConnections()
    })
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function whyNot(error: unknown, host: string, port: number): string {
  const where = `port ${port} of ${host}`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `${where} is taken: another program listens there. End that, or take another port: PORT=${port + 1} npm start`
    case 'EACCES':
      return `${where} is not for everybody. Take one from 1024: PORT=3000 npm start`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine. Set HOST to one that is, such as 127.0.0.1`
    default:
      return `cannot listen on ${where}: ${messageOf(error)}`
  }
}
