// The start of a unit's plugins within a reload, where they see each other before anybody else sees them.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { BringUp } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import type { Generation } from './generation.ts'
import type { GenerationStart, ServiceLookup, StartReason } from './generation-start.ts'
import type { HookLimit } from './instance-hooks.ts'
import { type PluginOrder, positionsOf } from './ordered.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { type Ended, rowsOf, schedule } from './schedule.ts'
import { setupWaits, tellWhoIsLate } from './slow-start.ts'

/** What is started, and how. */
export interface UnitStart {
  readonly order: PluginOrder
  /** Of all plugins in the reload, those that are not started among them. */
  readonly members: ReadonlySet<string>
  readonly records: ReadonlyMap<string, PluginRecord>
  /** `reload` gives up at the first failure; `rollback` brings back whom it can. */
  readonly reason: 'reload' | 'rollback'
  readonly snapshots: ReadonlyMap<string, unknown>
  /** Those that `context.state` begins with. */
  readonly kept: ReadonlyMap<string, unknown>
  /** New configurations, checked already, of those that have one. */
  readonly configs?: ReadonlyMap<string, unknown> | undefined
  /** What is left of the reload's time, in milliseconds. */
  readonly limit: () => number
  /** The same for the end of one that failed. @default its own bounds */
  readonly endLimit: (() => number) | undefined
  /** Ends the wait for a state that is given back. */
  readonly signal: AbortSignal | undefined
}

/** Makes each plugin anew as soon as its own dependencies are. What came up is in `made`; the failures are returned. */
export async function startUnit(
  core: LifecycleCore,
  { order, members, records, reason, snapshots, kept, configs, limit, endLimit, signal }: UnitStart,
  made: Map<string, Generation>,
): Promise<Map<string, PluginError>> {
  const failures = new Map<string, PluginError>()
  const names = order.order(records.keys())
  const needs = names.map((name) => order.dependenciesOf(name))
  const lookup: ServiceLookup = (service) => {
    const offers = core.services.offers(service).filter(({ owner }) => !members.has(owner))
    for (const generation of made.values()) {
      const services = generation.services()
      if (services.has(service)) offers.push({ owner: generation.name, service: services.get(service) })
    }
    return offers
  }
  const numberOf = (name: string) =>
    members.has(name) ? (made.get(name)?.number ?? 0) : core.roster.activeNumber(name)
  // Not the generation itself, which would live on with the new one.
  const configOf = ({ name, serving }: PluginSlot) => {
    if (reason === 'rollback') return serving && { value: serving.config }
    return configs?.has(name) ? { value: configs.get(name) } : undefined
  }
  const startOne = (position: number, ended: Ended) => {
    const slot = core.roster.slot(names[position] as string)
    const record = records.get(slot.name) as PluginRecord
    const dependencies = needs[position] as readonly string[]
    const isPointless = reason === 'reload' ? failures.size > 0 : dependencies.some((name) => failures.has(name))
    if (isPointless) return undefined
    return new MemberStart(core, slot, record, {
      reason,
      config: configOf(slot),
      lookup,
      dependencies: { names: dependencies, numbers: dependencies.map(numberOf) },
      snapshot: snapshots.get(slot.name),
      kept: kept.get(slot.name),
      limit,
      endLimit,
      signal,
      made,
      failures,
      over: () => ended(position),
    }).begin()
  }
  const ready = tellWhoIsLate(core, `setting up for a ${reason}`, () => setupWaits(core, names, needs, made))
  await schedule(rowsOf(positionsOf(names, needs)), startOne)
  ready()
  return failures
}

/** What one member of the unit starts with, and where it goes. */
interface Member extends GenerationStart, Pick<UnitStart, 'limit' | 'endLimit' | 'signal'> {
  readonly snapshot: unknown
  readonly made: Map<string, Generation>
  readonly failures: Map<string, PluginError>
  readonly over: () => void
}

class MemberStart extends BringUp {
  readonly #member: Member

  constructor(core: LifecycleCore, slot: PluginSlot, record: PluginRecord, member: Member) {
    super(core, slot, record, member.dependencies)
    this.#member = member
  }

  get reason(): StartReason {
    return this.#member.reason
  }
  get lookup(): ServiceLookup {
    return this.#member.lookup
  }
  override get config(): GenerationStart['config'] {
    return this.#member.config
  }
  override get snapshot(): unknown {
    return this.#member.snapshot
  }
  override get kept(): unknown {
    return this.#member.kept
  }
  override get limit(): HookLimit {
    return this.#member.limit
  }
  override get endLimit(): HookLimit {
    return this.#member.endLimit
  }
  override get signal(): AbortSignal | undefined {
    return this.#member.signal
  }

  protected succeed(generation: Generation): void {
    this.#member.made.set(this.slot.name, generation)
  }

  protected fail(error: PluginError): void {
    this.#member.failures.set(this.slot.name, error)
  }

  protected over(): void {
    this.#member.over()
  }
}
