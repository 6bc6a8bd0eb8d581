// What the editor asks of the server itself, as anybody could: who runs which version, and to disable and enable a plugin.
import { setTimeout as sleep } from 'node:timers/promises'

/** Nobody waits longer for an answer. */
const ANSWER_MS = 30_000

export class Control {
  readonly #address: string
  readonly #authorization: string

  constructor(address: string, name: string, password: string) {
    this.#address = address
    this.#authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  }

  /** The versions that made the answer of a plugin, by plugin and helper. @throws where it does not answer */
  async versions(plugin: string): Promise<ReadonlyMap<string, number>> {
    const answered = (await this.#ask('GET', `/version/${plugin}`)) as Record<string, string>
    return new Map(Object.entries(answered).map(([of, version]) => [of, Number(version)]))
  }

  disable(plugin: string): Promise<void> {
    return this.#switch(plugin, 'disable', 'disabled')
  }

  enable(plugin: string): Promise<void> {
    return this.#switch(plugin, 'enable', 'active')
  }

  async #switch(plugin: string, action: string, wanted: string): Promise<void> {
    const deadline = Date.now() + ANSWER_MS
    let state = ((await this.#ask('POST', `/admin/plugins/${plugin}/${action}`)) as { state: string }).state
    // What takes long is accepted, and then to be looked after.
    while (state !== wanted) {
      if (Date.now() > deadline) throw new Error(`${plugin} is ${state}, not ${wanted}`)
      await sleep(10)
      state = ((await this.#ask('GET', `/admin/plugins/${plugin}`)) as { state: string }).state
    }
  }

  async #ask(method: string, path: string): Promise<unknown> {
    const response = await fetch(new URL(path, this.#address), {
      method,
      headers: { authorization: this.#authorization },
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const body = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${body.slice(0, 300)}`)
    return body === '' ? undefined : JSON.parse(body)
  }
}
