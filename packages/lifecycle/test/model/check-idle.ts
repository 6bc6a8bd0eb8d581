// What must hold whenever nothing is under way.
import { expect } from 'vitest'
import { isNeeded, isUp, type Life } from './life.ts'
import type { Run } from './run.ts'
import { NAMES } from './shape.ts'

const STATES = ['active', 'disabled', 'blocked', 'failed', 'resolved']

/** Fails with the number of the invariant that does not hold. */
export function checkIdle(run: Run, before: ReadonlySet<string>): void {
  const { world } = run
  expect(world.wrong, world.wrong.join('; ')).toEqual([])
  checkRegistry(run)
  checkStates(run)
  for (const name of NAMES) checkLives(run, name)
  checkOrder(run, before as Set<string>)
  checkResources(run)
  run.transitions.check(run.lifecycle)
  checkTraffic(run)
  expect(world.wrong, world.wrong.join('; ')).toEqual([])
}

/** 7: what was neither delivered nor refused is kept, for one that is down. */
function checkTraffic({ lifecycle, world }: Run): void {
  world.traffic.check()
  for (const [name, events] of world.traffic.waiting()) {
    const refused = world.refusedListens.get(name) ?? 0
    const isKept = lifecycle.registry.has(name) && lifecycle.status(name).state !== 'active'
    if (!isKept && events > refused) world.wrong.push(`${events - refused} events were lost on their way to ${name}`)
  }
}

/** 4, 10, 13: the records are those of what was committed, and so are who serves and who depends on whom. */
function checkRegistry({ lifecycle, world }: Run): void {
  const { registry } = lifecycle
  const { ledger } = world
  expect(registry.names().sort()).toEqual(ledger.names())
  for (const name of ledger.names()) {
    if (lifecycle.status(name).state === 'active') ledger.settle(name, registry.get(name))
    const entry = ledger.get(name)
    expect([name, registry.get(name)?.source.generation]).toEqual([name, entry?.record.source.generation])
    expect([name, registry.dependenciesOf(name).sort()]).toEqual([name, ledger.edgesOf(name)])
    const { state, version, generation } = lifecycle.status(name)
    if (state !== 'active') continue
    expect([name, version, generation]).toEqual([name, entry?.shape.version, entry?.record.source.generation])
  }
}

/** 1, and that a person's wish holds. */
function checkStates({ lifecycle, world }: Run): void {
  for (const { plugin, state, error } of lifecycle.statuses()) {
    expect(STATES).toContain(state)
    if (state === 'failed' || state === 'blocked') expect(error).toBeDefined()
    if (world.ledger.off.has(plugin)) expect([plugin, state]).toEqual([plugin, 'disabled'])
    if (state !== 'active') continue
    for (const need of Object.keys(world.ledger.get(plugin)?.shape.dependencies ?? {})) {
      expect([plugin, need, lifecycle.status(need).state]).toEqual([plugin, need, 'active'])
    }
  }
}

/** 2, 3, 5: one instance at most, set up and torn down once, with the state of those before it. */
function checkLives({ lifecycle, world }: Run, name: string): void {
  const serving = lifecycle.registry.has(name) ? (lifecycle.instance(name) as { life: Life } | undefined) : undefined
  expect([name, world.upOf(name)]).toEqual([name, serving ? [serving.life] : []])
  for (const life of world.lives.filter((each) => each.name === name)) {
    expect(life.setups).toBeLessThanOrEqual(1)
    if (isUp(life)) continue
    expect([name, life.teardowns]).toEqual([name, life.setups])
    expect([name, life.released]).toEqual([name, 1])
    checkFenced(life)
  }
  if (!serving) return
  const { life } = serving
  expect([name, life.state.counter.count]).toEqual([name, world.counts.get(name) ?? 0])
  expect([name, life.context.state.value.count]).toEqual([name, world.kept.get(name) ?? 0])
  // What it was told last is what it has, and nothing that was taken back.
  expect([name, life.context.config]).toEqual([name, life.config])
  expect([...world.refused]).not.toContain((life.config as { setting?: unknown }).setting)
  if (lifecycle.status(name).state !== 'active') return
  expect(life.isResting).toBe(false)
  expect(lifecycle.service(name)).toBe(serving)
  for (const other of life.on) if (isNeeded(life, other)) expect(isUp(other)).toBe(true)
}

function checkFenced({ context, name }: Life): void {
  for (const use of [() => context.on('tick', () => {}), () => context.inject(name), () => context.publish('tick')]) {
    expect(use).toThrow(expect.objectContaining({ code: 'CFP_GENERATION_RETIRED' }))
  }
}

/** 4: of two plugins of one priority, the same one always comes first. */
function checkOrder({ lifecycle, world }: Run, before: Set<string>): void {
  const listeners = lifecycle.events.listeners('tick')
  for (const [at, { plugin, priority }] of listeners.entries()) {
    const shape = world.ledger.get(plugin)?.shape
    expect([plugin, priority]).toEqual([plugin, shape?.priority === 'high' ? 100 : 50])
    for (const later of listeners.slice(at + 1)) {
      expect(later.priority).toBeLessThanOrEqual(priority)
      if (later.priority < priority) continue
      expect(before).not.toContain(`${later.plugin} before ${plugin}`)
      before.add(`${plugin} before ${later.plugin}`)
    }
  }
}

/** 12: what is open is what those who are active asked for. */
function checkResources({ lifecycle, world }: Run): void {
  const { resources } = world
  const active = lifecycle.statuses().flatMap(({ plugin, state }) => (state === 'active' ? [plugin] : []))
  active.sort()
  expect(lifecycle.registry.services.names().sort()).toEqual(active)
  expect(world.host.listeners('tick').sort()).toEqual(active)
  expect(world.host.listeners('told.0').sort()).toEqual(active)
  expect([...resources.shown.keys()].sort()).toEqual(active)
  for (const name of NAMES) expect([name, resources.listenersOf(name)]).toEqual([name, active.includes(name) ? 1 : 0])
  // Nothing is held for anybody else, and for each only what it was given last.
  const held = active.flatMap((name) => world.host.serving(name)?.held ?? [])
  expect(world.things.filter(({ isOpen }) => isOpen)).toHaveLength(held.length)
  for (const thing of held) expect(thing.isOpen).toBe(true)
  // Each has a timer of every() and one of after().
  expect(resources.timers.open).toBe(2 * active.length)
}
