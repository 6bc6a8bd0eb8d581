// Random operations, saves, events and calls, asked for without waiting, with faults on the nth call of a hook and hooks
// that end in any order: whatever happens, the invariants hold once everything has settled.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkIdle } from './model/check-idle.ts'
import { command, TRAFFIC } from './model/commands.ts'
import { faults, HOOKS } from './model/faults.ts'
import { heal } from './model/heal.ts'
import { isUp } from './model/life.ts'
import { Outcomes, runsOf } from './model/outcomes.ts'
import { Run } from './model/run.ts'
import { HOOK_MS, type Weather, World } from './model/world.ts'

const RUNS = 300
const hooks = fc.subarray([...HOOKS], { maxLength: 4 })
const weather: fc.Arbitrary<Weather> = fc.record({
  faults,
  busy: hooks,
  quick: hooks,
})

/** About a third of what the usual runs have of each. */
const MINIMUMS = {
  'migrated what was kept': 24,
  'committed, exclusive': 30,
  'committed, overlap': 42,
  'committed, several': 36,
  'rolled-back, exclusive': 9,
  'rolled-back, overlap': 9,
  'rolled-back, several': 15,
  'rolled-back, CFP_DRAIN_TIMEOUT': 2,
  'rolled-back, CFP_RELOAD_HOOK_FAILED': 4,
  'rolled-back, CFP_CONFIG_INVALID': 4,
  'failed, exclusive': 9,
  'failed before it was healed': 15,
  'blocked before it was healed': 30,
  'disabled before it was healed': 72,
  'superseded, exclusive': 2,
  'superseded, overlap': 2,
  'reload refused, CFP_DEPENDENCY_CYCLE': 2,
  'reload refused, CFP_DEPENDENCY_MISSING': 2,
  'rename refused, CFP_PLUGIN_RENAMED': 12,
  'restored at a start': 108,
  'restored at a reload': 300,
  'restored at a rollback': 36,
  migrated: 27,
  'handed over': 300,
  'configuration committed': 45,
  'configuration told': 20,
  'configuration restarted': 20,
  'configuration later': 22,
  'configuration rolled-back': 15,
  'reconfigure refused, CFP_CONFIG_INVALID': 12,
  enable: 150,
  disable: 30,
  unload: 18,
  add: 30,
  emit: 600,
  publish: 600,
  listened: 4200,
  relayed: 18,
  answered: 18,
  'answered at once': 540,
  'askSync refused, CFP_PLUGIN_RELOADING': 180,
  leased: 24,
  'delivered late': 2,
  'stopped in the middle': 12,
  'hung in a short stop': 12,
  'fault in register': 10,
  'fault in setup': 12,
  'fault in open': 12,
  'fault in teardown': 10,
  'fault in onReload': 6,
  'fault in onConfigChange': 4,
  'fault in health': 5,
  'fault in getReloadState': 10,
  'fault in setReloadState': 6,
  'fault in handler': 9,
}

const oneOf = (many: number) => fc.integer({ min: 1, max: many }).map((each) => each === many)

const course = fc.record({
  isStartRaced: oneOf(5),
  /** How much happens before everything is stopped in the middle; nothing where it may come to its end. */
  stopsAfter: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }) },
  ),
  /** Too short, now and then: a teardown hangs then. */
  stopMs: oneOf(4).map((isShort) => (isShort ? HOOK_MS / 2 : 5000)),
})

describe('any sequence of operations, saves, events and faults', () => {
  it('keeps the invariants (invariants 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14)', async () => {
    const outcomes = new Outcomes()
    const { share, ...fcOptions } = runsOf(RUNS)
    const sequence = fc.asyncProperty(
      fc.scheduler(),
      weather,
      fc.array(command, { minLength: 4, maxLength: 16 }),
      course,
      async (scheduler, given, commands, { isStartRaced, stopsAfter, stopMs }) => {
        const world = new World(given, scheduler, outcomes)
        using _timers = world.resources.timers
        const run = new Run(world, outcomes)
        using _transitions = run.transitions
        run.give({ kind: 'start' })
        if (!isStartRaced) await run.settle()
        const order = new Set<string>()
        for (const each of commands) {
          if (each.kind === 'wait') {
            await run.settle()
            checkIdle(run, order)
          } else run.give(each, TRAFFIC.has(each.kind))
        }
        if (stopsAfter === undefined) {
          await run.settle()
          checkIdle(run, order)
          await heal(run, order, outcomes)
        } else {
          const steps = async () => {
            for (let step = 0; step < stopsAfter; step++) await scheduler.schedule(Promise.resolve(), 'a step')
          }
          await scheduler.waitFor(steps())
          outcomes.note('stopped in the middle')
        }
        if (stopMs < HOOK_MS) world.faults.hangNext('teardown')
        const { problems, undelivered, hung } = await run.stop(stopMs)
        for (const { code } of problems) expect(code).toMatch(/^CFP_(TEARDOWN|EVENTS?_)/)
        for (const [name, events] of world.traffic.waiting()) {
          expect(undelivered.get(name) ?? 0).toBeGreaterThanOrEqual(events)
        }
        if (world.traffic.deliveredLate > 0) outcomes.note('delivered late')
        expect(world.wrong, world.wrong.join('; ')).toEqual([])
        for (const { name, setups, teardowns } of world.lives) {
          expect([name, setups, teardowns]).toEqual([name, setups, Math.min(setups, teardowns, 1)])
        }
        // What did not end in time is named, and may go on.
        if (stopMs < HOOK_MS && hung.length > 0) return outcomes.note('hung in a short stop')
        expect(world.lives.filter(isUp)).toEqual([])
        expect(world.resources.timers.open).toBe(0)
        expect([...world.resources.shown.keys()]).toEqual([])
        run.transitions.check(run.lifecycle)
      },
    )
    await fc.assert(sequence, fcOptions)
    if (process.env.CF_MODEL_COUNTS) console.info(`${outcomes}`)
    outcomes.expectAtLeast(MINIMUMS, share)
  }, 300_000)
})
