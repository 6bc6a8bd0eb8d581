// What somebody outside sees of the host: calls that go on all the time, each answer looked at.
import { setTimeout as sleep } from 'node:timers/promises'
import { askHost } from '@cf-plugins/cli'
import { messageOf, PluginError } from 'cf-plugins'
import { type Expectation, FIRST_STEP } from './tour-edits.ts'

/** What was seen of one save. */
export interface Finding {
  readonly ok: boolean
  /** What was found, or what is wrong. */
  readonly text: string
  /** Calls that were answered since before the save. */
  readonly answered: number
  readonly slowestMs: number
}

interface Seen {
  readonly since: number
  readonly events: Readonly<Record<string, number>>
}

/** Between two calls of one function, in milliseconds. */
const PAUSE_MS = 5
/** How long one call may take, in milliseconds. */
const CALL_MS = 5000
/** How long the host may take to be as it must, in milliseconds. */
const WAIT_MS = 6000
/** How many answers must hold before and after an edit. */
const ANSWERS = 20

/** Calls three services without a pause worth the name, from its making on, and notes what must never happen. */
export class Observation {
  readonly #address: string
  readonly #wrong: string[] = []
  #answered = 0
  #slowestMs = 0
  /** The counter's last answer; by how much it counts; by how much it may from now on. */
  #count: number | undefined
  #step = FIRST_STEP
  #nextStep: number | undefined
  /** Answers of the counter that were right, since somebody set this to 0. */
  #inStep = 0
  #from = 0
  #stats: Seen | undefined

  constructor(address: string) {
    this.#address = address
    void this.#keepCalling('counter', 'add', (answer) => this.#counted(Number(answer)))
    void this.#keepCalling('greeter', 'greet')
    void this.#keepCalling('announcer', 'announce')
  }

  /** Looks at what there is before a save. */
  async before(expect: Expectation): Promise<Finding> {
    this.#inStep = 0
    await until('the counter did not answer', () => this.#inStep >= ANSWERS || this.#wrong.length > 0)
    if (expect.kind === 'gone') {
      this.#stats = (await this.#call(expect.plugin, 'seen')) as Seen
      if (totalOf(this.#stats) === 0) throw new Error(`${expect.plugin} has seen no event`)
    }
    if (expect.kind === 'says' && (await this.#allSay(expect))) throw new Error(`they say ${expect.text} already`)
    if (expect.kind === 'counts' && expect.by !== this.#step) this.#nextStep = expect.by
    this.#from = this.#count ?? 0
    this.#answered = 0
    this.#slowestMs = 0
    return this.#finding('')
  }

  /** Looks at what a save came to. */
  async after(expect: Expectation): Promise<Finding> {
    this.#inStep = 0
    const text = await this.#verify(expect)
    await until('the counter did not answer', () => this.#inStep >= ANSWERS)
    return this.#finding(text)
  }

  /** A finding that says why there is no better one. */
  failure(error: unknown): Finding {
    this.#wrong.unshift(messageOf(error))
    return this.#finding('')
  }

  async #verify(expect: Expectation): Promise<string> {
    if (expect.kind === 'counts') {
      await until(
        () => `the counter counts in steps of ${this.#step}, not of ${expect.by}`,
        () => this.#step === expect.by && this.#inStep >= ANSWERS,
      )
      return `the count went on from ${this.#from} to ${this.#count}, now in steps of ${this.#step}`
    }
    if (expect.kind === 'says') {
      const who = Object.keys(expect.who).join(' and ')
      await until(`${who} do not say "${expect.text.trim()}"`, () => this.#allSay(expect))
      return `${who} say "${expect.text.trim().replace(/,$/, '')}"`
    }
    if (expect.kind === 'gone') {
      await until(`${expect.plugin} still answers`, () => this.#isUnknown(expect.plugin))
      return `the host knows no ${expect.plugin} any more`
    }
    await until(`${expect.plugin} does not answer`, async () => !(await this.#isUnknown(expect.plugin)))
    return this.#wentOn(expect.plugin, (await this.#call(expect.plugin, 'seen')) as Seen)
  }

  #wentOn(plugin: string, now: Seen): string {
    const then = this.#stats
    if (then === undefined) throw new Error(`${plugin} was never seen before`)
    const lost = Object.keys(then.events).filter((event) => (now.events[event] ?? 0) < (then.events[event] ?? 0))
    if (now.since !== then.since || lost.length > 0) throw new Error(`${plugin} came back without its state`)
    return `${plugin} went on where it was: ${totalOf(then)} events before, ${totalOf(now)} now`
  }

  async #allSay({ who, text }: Extract<Expectation, { kind: 'says' }>): Promise<boolean> {
    const answers = await Promise.all(Object.entries(who).map(([plugin, member]) => this.#call(plugin, member)))
    return answers.every((answer) => String(answer).startsWith(text))
  }

  async #isUnknown(plugin: string): Promise<boolean> {
    try {
      await this.#call(plugin, 'seen')
      return false
    } catch (error) {
      if (error instanceof PluginError && error.code === 'CFP_PLUGIN_UNKNOWN') return true
      throw error
    }
  }

  #call(plugin: string, member: string): Promise<unknown> {
    return askHost(this.#address, 'call', { plugin, member }, { timeoutMs: CALL_MS })
  }

  async #keepCalling(plugin: string, member: string, look: (answer: unknown) => void = () => {}): Promise<never> {
    for (;;) {
      const from = performance.now()
      try {
        look(await this.#call(plugin, member))
        this.#answered++
        this.#slowestMs = Math.max(this.#slowestMs, performance.now() - from)
      } catch (error) {
        this.#wrong.push(`${plugin}.${member}() was not answered: ${messageOf(error)}`)
      }
      await sleep(PAUSE_MS)
    }
  }

  #counted(count: number): void {
    const last = this.#count
    this.#count = count
    if (last === undefined) return
    const by = count - last
    if (by === this.#nextStep) {
      this.#step = by
      this.#nextStep = undefined
    }
    if (by === this.#step) {
      this.#inStep++
      return
    }
    const what =
      by > 0 ? `went from ${last} to ${count}, in steps of ${this.#step}` : `went back from ${last} to ${count}`
    this.#wrong.push(`the counter ${what}`)
  }

  /** What goes wrong is told once, with the save that it came after. */
  #finding(text: string): Finding {
    const [first, ...more] = this.#wrong.splice(0)
    const others = more.length > 0 ? ` (and ${more.length} more)` : ''
    const tally = { answered: this.#answered, slowestMs: this.#slowestMs }
    return first === undefined ? { ok: true, text, ...tally } : { ok: false, text: `${first}${others}`, ...tally }
  }
}

function totalOf({ events }: Seen): number {
  return Object.values(events).reduce((sum, count) => sum + count, 0)
}

async function until(why: string | (() => string), isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${typeof why === 'string' ? why : why()} within ${WAIT_MS / 1000} s`)
    await sleep(PAUSE_MS)
  }
}
