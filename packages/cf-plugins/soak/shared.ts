// The host's object for the soak's plugins: whom they tell what happens to them, and whom they ask what to do wrong.
import { EventEmitter } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type EmitReport, PluginError } from 'cf-plugins'
import type { Trap } from './faults.ts'
import type { Generations } from './generations.ts'
import type { Judge } from './judge.ts'

/** Which stream a counter in a plugin's state counts. */
const STREAMS: Readonly<Record<string, string>> = {
  heard: 'event',
  relayed: 'relayed',
  inner: 'inner',
  fed: 'fed',
  leased: 'leased',
}

/** What the plugins' code of the soak calls. */
export class SoakShared {
  readonly judge: Judge
  readonly generations: Generations
  /** Set by whoever makes the manager: who has a handler of an event right now. */
  listenersOf: (event: string) => readonly string[] = () => []
  /** Told the port of the server that a plugin holds. */
  onServer: (port: number) => void = () => {}
  /** Told of each plugin that answers a hook. */
  onAsked: (plugin: string, number: number) => void = () => {}
  /** Whose state does not outlive a reload. */
  readonly forgetful: ReadonlySet<string>
  readonly #feeds = new Map<string, EventEmitter>()
  readonly #traps = new Set<Trap>()
  readonly #hanging = new Set<() => void>()

  constructor(judge: Judge, generations: Generations, forgetful: ReadonlySet<string>) {
    this.judge = judge
    this.generations = generations
    this.forgetful = forgetful
  }

  // What the host does.

  arm(trap: Trap): void {
    this.#traps.add(trap)
  }

  /** Takes traps away and lets all that hangs go on. */
  release(): void {
    this.#traps.clear()
    for (const goOn of this.#hanging) goOn()
    this.#hanging.clear()
  }

  /** Takes note that something was sent to all that listen to `soak.<stream>` now. */
  sends(stream: string, number: number): void {
    for (const plugin of this.listenersOf(`soak.${stream}`)) this.judge.ledger(plugin, stream).send(number)
  }

  /** Takes note of what a report says was not delivered. */
  async answered(stream: string, number: number, emit: Promise<EmitReport>): Promise<void> {
    const { failures } = await emit
    for (const { plugin, error } of failures) {
      // Kept for when the plugin is back: still due.
      if (error instanceof PluginError && error.code === 'CFP_EVENT_KEPT') continue
      const isTold = error instanceof PluginError && error.code === 'CFP_PLUGIN_BUSY'
      if (isTold && this.judge.ledger(plugin, stream).refuse(number)) continue
      this.judge.wrong('contract', `plugin "${plugin}" failed to get ${stream} ${number}: ${error}`)
    }
  }

  // What plugins call.

  /** The emitter that one plugin listens to. */
  feedOf(plugin: string): EventEmitter {
    let feed = this.#feeds.get(plugin)
    if (!feed) {
      feed = new EventEmitter()
      this.#feeds.set(plugin, feed)
    }
    return feed
  }

  count(plugin: string, counter: string, number: number, value: number): void {
    if (!this.forgetful.has(plugin)) this.judge.count(plugin, counter, value)
    const stream = STREAMS[counter]
    if (stream !== undefined) this.judge.ledger(plugin, stream).arrive(number)
    if (counter === 'asked') this.onAsked(plugin, number)
  }

  /** What an instance shall do wrong here. */
  trap(plugin: string, at: Trap['at'], reason: string): Trap['does'] | undefined {
    for (const trap of this.#traps) {
      if (trap.plugin === plugin && trap.at === at && (trap.reason ?? reason) === reason) return trap.does
    }
    return undefined
  }

  /** Settles when the edit is over. */
  hang(): Promise<void> {
    return new Promise((resolve) => this.#hanging.add(resolve))
  }

  /** Settles at the next turn of the event loop, or a few later. */
  soon(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  /** Makes sure that what code does which has ended is refused. */
  isFenced(plugin: string, act: () => unknown): void {
    try {
      act()
    } catch (error) {
      if (error instanceof PluginError && error.code === 'CFP_GENERATION_RETIRED') return
      this.judge.wrong('contract', `a late call of plugin "${plugin}" was refused with ${error}`)
      return
    }
    this.judge.wrong('contract', `a late call of plugin "${plugin}" was not refused`)
  }

  wrong(plugin: string, what: string): void {
    this.judge.wrong('contract', `plugin "${plugin}" ${what}`)
  }

  born(plugin: string, instance: object): number {
    return this.generations.born(plugin, instance)
  }

  up(plugin: string, id: number): void {
    this.generations.up(plugin, id)
  }

  down(plugin: string, id: number): void {
    this.generations.down(plugin, id)
  }

  after(_plugin: string): void {}

  /** A listening server, for a plugin that has the host hold it. */
  async openServer(): Promise<Server> {
    // Closed by whoever asks, never in the moment in which the next request is on its way.
    const server = createServer({ keepAliveTimeout: 0 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address) this.onServer(address.port)
    return server
  }
}
