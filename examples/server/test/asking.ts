// Some clients that ask for a page again and again, each on its own connection.
import { Agent, get } from 'node:http'
import { onTestFinished } from 'vitest'

/** What became of all requests. */
export interface Asked {
  readonly answered: number
  /** The first of those that were not answered with 200. */
  readonly failed: readonly string[]
  /** How many connections it took. */
  readonly connections: number
}

export class Asking {
  static readonly CLIENTS = 4
  readonly #agents: Agent[] = []
  readonly #clients: Promise<void>[] = []
  readonly #failed: string[] = []
  #answered = 0
  #connections = 0
  #isOver = false

  /** Asks until it is stopped, or the test ends. */
  static start(url: string): Asking {
    const asking = new Asking()
    for (let at = 0; at < Asking.CLIENTS; at++) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      asking.#agents.push(agent)
      asking.#clients.push(asking.#ask(url, agent))
    }
    onTestFinished(async () => void (await asking.stop()))
    return asking
  }

  async stop(): Promise<Asked> {
    this.#isOver = true
    await Promise.all(this.#clients)
    for (const agent of this.#agents) agent.destroy()
    return { answered: this.#answered, failed: this.#failed, connections: this.#connections }
  }

  async #ask(url: string, agent: Agent): Promise<void> {
    while (!this.#isOver && this.#failed.length < 10) {
      const failure = await this.#once(url, agent)
      if (failure === undefined) this.#answered++
      else this.#failed.push(failure)
    }
  }

  #once(url: string, agent: Agent): Promise<string | undefined> {
    return new Promise((resolve) => {
      get(url, { agent, timeout: 20_000 }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode === 200 ? undefined : `${response.statusCode}`))
      })
        .on('socket', (socket) => {
          if (socket.connecting) this.#connections++
        })
        .on('timeout', () => resolve('no answer'))
        .on('error', ({ message }) => resolve(message))
    })
  }
}
