// The events, calls and leases under which the soak reloads, sent by the clock.
import type { PluginManager } from 'cf-plugins'
import { PluginError } from 'cf-plugins'
import type { Judge } from './judge.ts'
import { Questions } from './questions.ts'
import type { SoakShared } from './shared.ts'

/** A little more than what is asked for: the clock of the measure runs on when the last one is out. */
const PER_SECOND = 1_050
const TICK_MS = 4
/** All that is sent must be answered within this time. */
const ANSWER_MS = 30_000

interface Worker {
  work(number: number): unknown
}

/** What is sent in a hundred. */
type Kind = 'emit' | 'publish' | 'feed' | 'use' | 'call' | 'callSync'
const MIX: readonly Kind[] = [
  ...Array<Kind>(25).fill('emit'),
  ...Array<Kind>(20).fill('publish'),
  ...Array<Kind>(25).fill('feed'),
  ...Array<Kind>(20).fill('use'),
  ...Array<Kind>(8).fill('call'),
  ...Array<Kind>(2).fill('callSync'),
]

export class Traffic {
  readonly #manager: PluginManager
  readonly #shared: SoakShared
  readonly #judge: Judge
  readonly #questions: Questions
  readonly #plugins: readonly string[]
  readonly #pending = new Set<Promise<unknown>>()
  readonly #sent = new Map<Kind, number>()
  #timer: NodeJS.Timeout | undefined
  #number = 0
  #since = 0
  #sentSince = 0
  #runMs = 0

  constructor(manager: PluginManager, shared: SoakShared, plugins: readonly string[]) {
    this.#manager = manager
    this.#shared = shared
    this.#judge = shared.judge
    this.#plugins = plugins
    this.#questions = new Questions(manager, shared)
  }

  /** How each kind is sent, some of them to one plugin. */
  readonly #send: Readonly<Record<Kind, (number: number, plugin: string) => void>> = {
    emit: (number) => {
      this.#shared.sends('event', number)
      this.#watch(this.#shared.answered('event', number, this.#manager.events.emit('soak.event', number)))
    },
    publish: (number) => {
      this.#shared.sends('event', number)
      this.#manager.events.publish('soak.event', number)
    },
    feed: (number, plugin) => this.#feed(plugin, number),
    use: (number, plugin) => this.#watch(this.#use(plugin, number)),
    call: (number) => this.#watch(this.#questions.call(number)),
    callSync: () => this.#questions.callSync(),
  }

  /** How many were sent, a second of the time in which it ran. */
  get perSecond(): number {
    return (this.total * 1000) / this.#runMs
  }

  get total(): number {
    let total = 0
    for (const count of this.#sent.values()) total += count
    return total
  }

  /** Calls that were answered with the reason why they cannot be. */
  refused = 0

  start(): void {
    this.#since = performance.now()
    this.#sentSince = 0
    this.#timer = setInterval(() => this.#sendDue(), TICK_MS)
  }

  /** Sends no more, and waits until all is answered. */
  async rest(): Promise<void> {
    if (this.#timer) {
      clearInterval(this.#timer)
      this.#timer = undefined
      this.#sendDue()
      this.#runMs += performance.now() - this.#since
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), ANSWER_MS)
    })
    const all = async () => {
      while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    }
    if ((await Promise.race([all(), late])) === 'late') {
      this.#judge.wrong('unanswered', `${this.#pending.size} emits, calls or leases were not answered`)
      this.#pending.clear()
    }
    clearTimeout(timer)
  }

  #sendDue(): void {
    const due = Math.floor(((performance.now() - this.#since) * PER_SECOND) / 1000)
    while (this.#sentSince < due) {
      this.#sentSince++
      this.#number++
      const kind = MIX[(this.#number * 37) % MIX.length] as Kind
      this.#sent.set(kind, (this.#sent.get(kind) ?? 0) + 1)
      this.#send[kind](this.#number, this.#plugins[this.#number % this.#plugins.length] as string)
    }
  }

  #feed(plugin: string, number: number): void {
    const feed = this.#shared.feedOf(plugin)
    if (feed.listenerCount('data') === 0) return
    this.#judge.ledger(plugin, 'fed').send(number)
    feed.emit('data', number)
  }

  async #use(plugin: string, number: number): Promise<void> {
    const ledger = this.#judge.ledger(plugin, 'leased')
    ledger.send(number)
    try {
      const result = await this.#manager.use(plugin, (service) => (service as Worker).work(number))
      if (result === number) return
      this.#judge.wrong('contract', `the lease ${number} of plugin "${plugin}" gave ${result}`)
    } catch (error) {
      this.refused++
      if (!(error instanceof PluginError)) this.#judge.wrong('contract', `a lease of plugin "${plugin}" threw ${error}`)
      if (!ledger.refuse(number))
        this.#judge.wrong('contract', `the lease ${number} of plugin "${plugin}" ran, and was refused: ${error}`)
    }
  }

  #watch(promise: Promise<unknown>): void {
    const watched = promise
      .catch((error) => this.#judge.wrong('contract', `what was sent was answered with ${error}`))
      .finally(() => this.#pending.delete(watched))
    this.#pending.add(watched)
  }
}
