import type { PluginMeta } from '@cf-plugins/plugin-api'
import fc from 'fast-check'
import { satisfies } from 'semver'
import { describe, expect, test } from 'vitest'
import { type PluginRegistry, RegistryErrorCodes } from '../src/index.ts'
import { answersOf, record, registryOf } from './support/records.ts'

const NAMES = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'constructor']
const HOST = { platform: 'linux' }

const oftener = <T>(usual: T, ...others: T[]) => fc.constantFrom(...Array<T>(8).fill(usual), ...others)
const someNames = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 })
const ranges = oftener('*', '^1.0.0', '^1.0.0', '^2.0.0', 'newest')
// Mostly names that are there and come earlier, for what is in a circle or misses something proves little.
const dependenciesOf = (name: string, names: readonly string[]) => {
  const earlier = names.filter((other) => NAMES.indexOf(other) < NAMES.indexOf(name))
  const likely = Array.from({ length: 8 }, () => earlier).flat()
  return fc.dictionary(fc.constantFrom(...likely, ...NAMES), ranges, { maxKeys: 2 })
}
const services = oftener<string[]>([], ['s0'], ['s0'], ['s1'])

const written = (name: string, names: readonly string[]): fc.Arbitrary<PluginMeta> =>
  fc
    .record({
      version: oftener('1.0.0', '2.0.0'),
      enabled: oftener(true, false),
      dependencies: dependenciesOf(name, names),
      optionalDependencies: dependenciesOf(name, names),
      requires: services,
      provides: services,
      collects: services,
      platforms: oftener<string[]>([], ['win32']),
    })
    .map((meta) => ({
      ...meta,
      name,
      dependencies: without(meta.dependencies, name),
      optionalDependencies: without(meta.optionalDependencies, name, ...Object.keys(meta.dependencies)),
      requires: meta.requires.filter((service) => !meta.provides.includes(service)),
    }))

const plugins = fc
  .shuffledSubarray(NAMES, { minLength: 5 })
  .chain((names) => fc.tuple(...names.map((name) => written(name, names))))
const change = fc.record({
  set: someNames.chain((names) => fc.tuple(...names.map((name) => written(name, NAMES)))),
  remove: someNames,
})

describe('whatever the plugins say', () => {
  test('none starts whose needs do not start before it', () => {
    let started = 0
    let collected = 0
    fc.assert(
      fc.property(plugins, (metas) => {
        const registry = registryOf(metas, HOST)
        const { order } = registry.resolve()
        for (const [index, name] of order.entries()) {
          const before = order.slice(0, index)
          const { meta } = registry.get(name)!
          expect(meta.enabled).toBe(true)
          expect(meta.platforms).not.toContain('win32')
          for (const on of meta.dependencies) {
            expect(before).toContain(on.name)
            expect(satisfies(registry.get(on.name)!.meta.version, on.range)).toBe(true)
          }
          for (const on of meta.optionalDependencies) {
            const isWanted = order.includes(on.name) && satisfies(registry.get(on.name)!.meta.version, on.range)
            if (isWanted) expect(before).toContain(on.name)
          }
          for (const service of meta.requires) {
            expect(before.filter((other) => registry.get(other)!.meta.provides.includes(service))).toHaveLength(1)
          }
          for (const service of meta.collects) {
            const others = order.filter((other) => registry.get(other)!.meta.provides.includes(service))
            for (const other of others) if (other !== name) expect(before).toContain(other)
            if (others.length > 0) collected++
          }
          if (meta.dependencies.length + meta.requires.length > 0) started++
        }
      }),
      { numRuns: 500 },
    )
    // Proof that the plugins above were not all blocked or without needs.
    expect(started).toBeGreaterThan(50)
    expect(collected).toBeGreaterThan(20)
  })

  test('each is startable, switched off or blocked with a reason, and never two of these', () => {
    fc.assert(
      fc.property(plugins, (metas) => {
        const { order, disabled, blocked, conflicts, report } = registryOf(metas, HOST).resolve()
        expect([...order, ...disabled, ...blocked.keys()].sort()).toEqual(metas.map(({ name }) => name).sort())
        for (const [name, error] of blocked) {
          expect(error.plugin).toBe(name)
          expect(Object.keys(RegistryErrorCodes)).toContain(error.code)
        }
        expect(conflicts.length > 0).toBe(blocked.size > 0)
        expect(report.split('\n').filter(Boolean)).toHaveLength(conflicts.length)
      }),
      { numRuns: 500 },
    )
  })

  test('all start that one after another could, where only required dependencies count', () => {
    fc.assert(
      fc.property(plugins, (metas) => {
        const plain = metas.map((meta) => ({ ...meta, optionalDependencies: {}, requires: [], collects: [] }))
        const expected = startableByHand(plain)
        expect(registryOf(plain, HOST).resolve().order.sort()).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })
})

describe('whomever the host chooses', () => {
  // Mostly one that provides the service.
  const chosen = plugins.chain((metas) => {
    const providing = metas.filter(({ provides }) => provides?.includes('s0')).map(({ name }) => name)
    const likely = Array.from({ length: 8 }, () => ['store', ...providing]).flat()
    return fc.tuple(fc.constant(metas), fc.constantFrom(...likely, ...NAMES))
  })

  test('those who require a service wait for that one, and for nobody else who provides it', () => {
    let served = 0
    fc.assert(
      fc.property(chosen, ([metas, choice]) => {
        const always = [
          { name: 'user', requires: ['s0'] },
          { name: 'store', provides: ['s0'] },
        ]
        const registry = registryOf([...metas, ...always], { ...HOST, providers: { s0: choice } })
        const { order, blocked } = registry.resolve()
        const provides = registry.get(choice)?.meta.provides.includes('s0') ?? false
        for (const { meta } of registry.records()) {
          if (!meta.requires.includes('s0')) continue
          const needs = registry
            .dependenciesOf(meta.name)
            .filter((on) => registry.requires(meta.name, on) === 'required')
          const named = meta.dependencies.map(({ name }) => name)
          expect(needs.filter((on) => !named.includes(on))).toEqual(provides && !named.includes(choice) ? [choice] : [])
          if (!meta.enabled) continue
          if (order.includes(meta.name)) {
            expect(order.indexOf(choice)).toBeLessThan(order.indexOf(meta.name))
            expect(order).toContain(choice)
            served++
          } else expect(blocked.has(meta.name)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
    expect(served).toBeGreaterThan(50)
  })
})

describe('whatever the change', () => {
  test('a refused or dropped one leaves the registry as it was, and a committed one makes it as if it had begun so', () => {
    const outcomes = { refused: 0, committed: 0 }
    fc.assert(
      fc.property(plugins, change, (metas, { set, remove }) => {
        const registry = registryOf(metas, HOST)
        const before = answersOf(registry)
        const staged = stage(registry, set, remove)
        expect(answersOf(registry)).toEqual(before)
        outcomes[staged === undefined ? 'refused' : 'committed']++
        if (staged === undefined) return
        staged.commit()
        const afresh = registryOf([], HOST)
        for (const each of registry.records()) afresh.add(each)
        expect(answersOf(registry)).toEqual(answersOf(afresh))
        expect(staged.order()).toEqual(registry.order())
      }),
      { numRuns: 500 },
    )
    expect(outcomes.refused).toBeGreaterThan(50)
    expect(outcomes.committed).toBeGreaterThan(50)
  })

  test('an accepted one takes no other plugin’s start away', () => {
    let counted = 0
    fc.assert(
      fc.property(plugins, change, (metas, { set, remove }) => {
        const registry = registryOf(metas, HOST)
        const could = registry.resolve().order
        const on = set.map((meta) => ({ ...meta, enabled: true }))
        const staged = stage(registry, on, remove)
        if (staged === undefined) return
        const can = staged.resolve().order
        for (const name of could) if (staged.has(name)) expect(can).toContain(name)
        counted++
      }),
      { numRuns: 500 },
    )
    expect(counted).toBeGreaterThan(50)
  })
})

function stage(registry: PluginRegistry, set: readonly PluginMeta[], remove: readonly string[]) {
  try {
    return registry.stage({
      set: set.map((meta) => record(meta)),
      remove: remove.filter((name) => registry.has(name) && !set.some((meta) => meta.name === name)),
    })
  } catch {
    return undefined
  }
}

function without(list: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(list).filter(([name]) => !names.includes(name)))
}

/** Starts whatever can be started, round by round: slow, and easy to believe. */
function startableByHand(metas: readonly PluginMeta[]): string[] {
  const byName = new Map(metas.map((meta) => [meta.name, meta]))
  const started = new Set<string>()
  for (let before = -1; before !== started.size; ) {
    before = started.size
    for (const { name, enabled, platforms = [], dependencies: needs = {}, optionalDependencies = {} } of metas) {
      const all = [...Object.values(needs), ...Object.values(optionalDependencies)]
      if (!enabled || platforms.includes('win32') || all.includes('newest')) continue
      const met = Object.entries(needs).every(
        ([on, range]) => started.has(on) && satisfies(byName.get(on)!.version, range),
      )
      if (met) started.add(name)
    }
  }
  return [...started].sort()
}
