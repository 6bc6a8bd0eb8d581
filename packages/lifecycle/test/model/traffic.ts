// What is sent to plugins, and what became of it: each accepted event is delivered exactly once, in order, or refused.
import type { Life } from './life.ts'
import { isUp } from './life.ts'

/** An event on its way. */
interface Sent {
  readonly kind: 'event' | 'listened'
  readonly source: string
  /** Who listened when it was sent. */
  readonly to: ReadonlySet<string>
  readonly delivered: Map<string, Life>
  readonly refused: Map<string, string>
}

/** Its plugin was taken out. */
const THROWN_AWAY = 'thrown away'

/** With what an event may be refused: nobody is there any more who could take it. */
const REFUSALS = new Set(['CFP_ROLLBACK_FAILED', 'CFP_STOPPED', THROWN_AWAY])

/** With what an awaited emit is answered where its event is kept, for when the plugin is back. */
const KEPT = 'CFP_EVENT_KEPT'

/** Every event of one run. */
export class Traffic {
  readonly #sent: Sent[] = []
  readonly #wrong: string[]
  readonly #serving: (name: string) => Life | undefined
  /** The last event that each subscriber got of each source. */
  readonly #last = new Map<string, number>()

  constructor(wrong: string[], serving: (name: string) => Life | undefined) {
    this.#wrong = wrong
    this.#serving = serving
  }

  /** Takes note of an event that is sent now to those who listen now; gives its number. */
  send(kind: Sent['kind'], source: string, to: Iterable<string>): number {
    this.#sent.push({ kind, source, to: new Set(to), delivered: new Map(), refused: new Map() })
    return this.#sent.length - 1
  }

  /** It was not accepted at all. */
  takeBack(number: number): void {
    this.#sent[number] = { ...(this.#sent[number] as Sent), to: new Set() }
  }

  deliver(number: number, life: Life): void {
    const { kind, source, to, delivered } = this.#sent[number] as Sent
    const { name } = life
    const what = `${kind} ${number} of ${source}`
    if (this.#serving(name) !== life) this.#wrong.push(`${what} reached an instance of ${name} that does not serve`)
    if (!isUp(life)) this.#wrong.push(`${what} reached ${name}, which is not set up`)
    if (life.isResting) this.#wrong.push(`${what} reached ${name}, which is switched off`)
    if (!to.has(name)) this.#wrong.push(`${what} reached ${name}, which did not listen when it was sent`)
    if (delivered.has(name)) this.#wrong.push(`${what} reached ${name} twice`)
    delivered.set(name, life)
    const stream = `${source} -> ${name}`
    if ((this.#last.get(stream) ?? -1) > number) this.#wrong.push(`${what} reached ${name} after a later one`)
    this.#last.set(stream, number)
  }

  /** What it was refused with first is what counts: one that was kept may have been thrown away before its sender is told. */
  refuse(number: number, name: string, error: unknown): void {
    const refused = this.#sent[number]?.refused
    if (!refused?.has(name)) refused?.set(name, (error as { code?: string }).code ?? String(error))
  }

  /** How many were sent. */
  get count(): number {
    return this.#sent.length
  }

  /** Who got the event, in the order in which they got it. */
  receivers(number: number): string[] {
    return [...(this.#sent[number]?.delivered.keys() ?? [])]
  }

  /** The plugin was taken out, and what was kept for it with it. */
  throwAway(name: string): void {
    for (const { to, delivered, refused } of this.#sent) {
      if (to.has(name) && !delivered.has(name)) refused.set(name, THROWN_AWAY)
    }
  }

  /** How many events each plugin has not got, nor were they refused. */
  waiting(): Map<string, number> {
    const waiting = new Map<string, number>()
    for (const { to, delivered, refused } of this.#sent) {
      for (const name of to) {
        const code = refused.get(name)
        if (delivered.has(name) || (code !== undefined && code !== KEPT)) continue
        waiting.set(name, (waiting.get(name) ?? 0) + 1)
      }
    }
    return waiting
  }

  /** How many events were kept for a plugin that was down, and reached it later. */
  get deliveredLate(): number {
    const isLate = ({ delivered, refused }: Sent) =>
      [...refused].some(([name, code]) => code === KEPT && delivered.has(name))
    return this.#sent.filter(isLate).length
  }

  /** Takes note of every event that should not have been refused. */
  check(): void {
    for (const [number, { kind, source, to, delivered, refused }] of this.#sent.entries()) {
      for (const name of to) {
        const code = refused.get(name)
        if (delivered.has(name) || code === undefined || code === KEPT || REFUSALS.has(code)) continue
        this.#wrong.push(`${kind} ${number} of ${source} was refused by ${name}: ${code}`)
      }
    }
  }
}
