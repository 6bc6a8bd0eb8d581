// After all that went wrong: nothing fails any more, everything is switched on, and everybody is back with all of it.
import type { PluginError } from '@cf-plugins/plugin-api'
import { expect } from 'vitest'
import { checkIdle } from './check-idle.ts'
import type { Outcomes } from './outcomes.ts'
import type { Run } from './run.ts'
import { bareShape, NAMES } from './shape.ts'

/** How often it is tried: a stall of the machine may let a hook miss its deadline. */
const TRIES = 5

export async function heal(run: Run, order: ReadonlySet<string>, outcomes: Outcomes): Promise<void> {
  const { lifecycle, world } = run
  world.faults.end()
  for (const name of NAMES) world.configs.set(name, { setting: 'healed' })
  for (const { state } of lifecycle.statuses()) outcomes.note(`${state} before it was healed`)
  for (const name of NAMES) if (!lifecycle.registry.has(name)) await addBare(run, name)
  const missing = () => lifecycle.statuses().filter(({ state }) => state !== 'active')
  for (let tries = 0; missing().length > 0 && tries < TRIES; tries++) {
    for (const { plugin } of missing()) run.give({ kind: 'enable', name: plugin })
    await run.settle()
    // New code of one that is switched off may need what is not there, or close a circle.
    const [blocked] = missing()
    if (blocked) run.give({ kind: 'reload', edits: [bareShape(blocked.plugin, world.ledger.shapes())] })
    await run.settle()
  }
  expect(missing()).toEqual([])
  // Whoever could not be made anew when what it may use came or went is tried again.
  run.give({ kind: 'start' })
  await run.settle()
  checkIdle(run, order)
  await checkTick(run)
  await checkCascade(run)
  checkIdle(run, order)
}

/** Adds a plugin that needs nobody. Where that closes a circle of others, which nobody sees before, those are cut apart. */
async function addBare(run: Run, name: string): Promise<void> {
  const { ledger, scheduler } = run.world
  for (let tries = 0; !ledger.get(name); tries++) {
    const entry = run.world.entryOf(bareShape(name, ledger.shapes()))
    try {
      await scheduler.waitFor(run.lifecycle.add([entry.record]))
      ledger.set(entry)
    } catch (error) {
      const { code, plugin } = error as PluginError
      if (code !== 'CFP_DEPENDENCY_CYCLE' || plugin === undefined || tries > NAMES.length) throw error
      run.give({ kind: 'reload', edits: [bareShape(plugin, ledger.shapes())] })
      await run.settle()
    }
  }
}

/** 8: no gate is closed: whoever listens hears at once, in order. */
async function checkTick({ lifecycle, world }: Run): Promise<void> {
  const to = world.host.listeners('tick')
  const number = world.traffic.send('event', 'host', to)
  const emitted = lifecycle.events.emit('tick', { number, slow: false })
  expect(world.traffic.receivers(number)).toEqual(to)
  expect((await emitted).failures).toEqual([])
}

/** 10: a reload makes anew the plugin and all that depend on it, however far: each of them once, and nobody else. */
async function checkCascade(run: Run): Promise<void> {
  const { lifecycle, world } = run
  const root = NAMES[world.traffic.count % NAMES.length] as string
  const reached = new Set([root])
  for (const each of reached)
    for (const other of NAMES) if (world.ledger.edgesOf(other).includes(each)) reached.add(other)
  const from = world.lives.length
  const entry = world.entry({ name: root })
  const { outcome, error, members } = await world.scheduler.waitFor(lifecycle.reload({ set: [entry.record] }))
  if (error?.code === 'CFP_RESTART_REQUIRED') return
  expect([outcome, error]).toEqual(['committed', undefined])
  world.ledger.set(entry)
  expect([...members].sort()).toEqual([...reached].sort())
  expect(
    world.lives
      .slice(from)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...reached].sort())
}
