// Metadata and dependencies that cannot be: told whole, and the old code and its graph stay as they were.
import { expect, it } from 'vitest'
import { states } from '../plugin-folder.ts'
import { counter, plugin } from '../sources.ts'
import { faultFolder } from './fault-folder.ts'

const user = (needs: string, fields: Readonly<Record<string, string>> = {}) =>
  plugin('user', { dependencies: needs, setup: "({ inject }) => ({ of: inject('counter') })", ...fields })

it('tells everything that is wrong with new metadata at once: names, versions, ranges (fault 28)', async () => {
  const folder = await faultFolder()
  const save = (meta: string) =>
    folder.save('counter.ts', `export const PLUGIN_META = ${meta}\nexport const register = () => ({})`)
  const wrong =
    "{ name: 'No Name', version: 'one', dependencies: { 'Bad Name': '^1.0.0', bystander: 1 }, stateVersion: -1 }"
  const shapes = await folder.fault(() => save(wrong), {
    code: 'CFP_META_INVALID',
    phase: 'validate',
    message: /name.*version.*dependencies.*stateVersion/s,
  })
  expect(shapes.error?.issues?.map(({ path }) => path)).toEqual([
    'name',
    'version',
    'dependencies.Bad Name',
    'dependencies.bystander',
    'stateVersion',
  ])
  await folder.heal()
  const ranges =
    "{ name: 'counter', version: '1.0.0', dependencies: { bystander: 'newest' }, engines: { node: 'any old' } }"
  const unread = await folder.fault(() => save(ranges), {
    code: 'CFP_CHANGE_REFUSED',
    phase: 'validate',
    message: /"any old".*"newest"/s,
  })
  expect(unread.error?.issues?.map(({ path }) => path)).toEqual(['engines.node', 'dependencies.bystander'])
  await folder.heal()
})

it('names both files of two plugins with one name (fault 29)', async () => {
  const folder = await faultFolder({ 'other.ts': plugin('other', { setup: '() => ({})' }) })
  const added = await folder.fault(() => folder.save('copy.ts', counter(2)), {
    code: 'CFP_DUPLICATE_NAME',
    file: 'copy.ts',
    phase: 'resolve',
    in: 'any',
    outcome: 'failed',
    message: /counter\.ts.*copy\.ts|copy\.ts.*counter\.ts/s,
  })
  expect(added.started).toEqual([])
  await folder.heal(() => folder.save('copy.ts', plugin('copy', { setup: '() => ({})' })))
})

it('names the path of a circle that appears on reload, and keeps the old graph (fault 30)', async () => {
  const folder = await faultFolder({
    'middle.ts': plugin('middle', { dependencies: "['counter']", setup: '() => ({})' }),
    'top.ts': plugin('top', { dependencies: "['middle']", setup: '() => ({})' }),
  })
  const { registry } = folder.reloader.lifecycle
  const order = registry.order()
  await folder.fault(() => folder.save('counter.ts', plugin('counter', { dependencies: "['top']" })), {
    code: 'CFP_DEPENDENCY_CYCLE',
    phase: 'validate',
    message: /counter -> top -> middle -> counter/,
  })
  expect(registry.order()).toEqual(order)
  expect(registry.dependenciesOf('counter')).toEqual([])
  expect(registry.dependentsOf('counter')).toEqual(['middle'])
  await folder.heal()
})

it('refuses a dependency that disappears on reload (fault 31)', async () => {
  const folder = await faultFolder({ 'user.ts': user("['counter']") })
  const instance = folder.reloader.lifecycle.instance('user')
  await folder.fault(() => folder.save('user.ts', user("['counter', 'nobody']")), {
    plugin: 'user',
    code: 'CFP_DEPENDENCY_MISSING',
    phase: 'validate',
    message: /"nobody"/,
  })
  expect(folder.reloader.lifecycle.instance('user')).toBe(instance)
  await folder.heal(() => folder.save('user.ts', user("['counter', 'bystander']")))
  // Gone from the disk while it is needed: it serves on.
  await folder.fault(() => folder.remove('counter.ts'), {
    code: 'CFP_RELOAD_ORPHANED',
    phase: 'unload',
    in: 'old',
    message: /user/,
  })
  await folder.heal(() => folder.save('counter.ts', counter(1)))
})

it('refuses a version that a dependent does not take, and names the range and the version (fault 32)', async () => {
  const folder = await faultFolder({ 'user.ts': user("{ counter: '^1.0.0' }") })
  await folder.fault(() => folder.save('counter.ts', plugin('counter', { version: "'2.0.0'", setup: '() => ({})' })), {
    code: 'CFP_DEPENDENCY_RANGE',
    phase: 'validate',
    in: 'any',
    plugin: 'user',
    message: /\^1\.0\.0.*2\.0\.0|2\.0\.0.*\^1\.0\.0/s,
  })
  await folder.heal()
  await folder.fault(() => folder.save('user.ts', user("{ counter: '^3.0.0' }")), {
    plugin: 'user',
    code: 'CFP_DEPENDENCY_RANGE',
    phase: 'validate',
    message: /\^3\.0\.0.*1\.0\.0|1\.0\.0.*\^3\.0\.0/s,
  })
  await folder.heal(() => folder.save('user.ts', user("{ counter: '>=1.0.0' }")))
})

it('refuses new code that calls itself by another name (fault 33)', async () => {
  const folder = await faultFolder({ 'user.ts': user("['counter']") })
  await folder.fault(() => folder.save('counter.ts', counter(2).replace("name: 'counter'", "name: 'counted'")), {
    code: 'CFP_PLUGIN_RENAMED',
    phase: 'validate',
    message: /"counted"/,
  })
  expect(Object.keys(states(folder)).sort()).toEqual(['bystander', 'counter', 'user'])
  await folder.heal()
})

it('takes constructor and the like for names and keys as any other, and refuses __proto__ (fault 34)', async () => {
  const names = ['constructor', 'tostring', 'valueof', 'hasownproperty']
  const source = (name: string, word: number) =>
    plugin(
      name,
      {
        dependencies: name === 'constructor' ? '[]' : "['constructor']",
        setup: `({ on }) => { on('constructor', (all: unknown[]) => void all.push('${name} ${word}')); return { word: ${word} } }`,
        state:
          "{ version: 0, save: () => ({ constructor: 1, ['__proto__']: { polluted: true }, toString: 'x' }), restore: (state: object) => { kept = state } }",
      },
      'let kept: object | undefined',
    )
  const folder = await faultFolder(Object.fromEntries(names.map((name) => [`${name}.ts`, source(name, 1)])))
  const report = await folder.reported(() => folder.save('constructor.ts', source('constructor', 2)))
  expect(report).toMatchObject({ outcome: 'committed', problems: [] })
  expect([...report.members].sort()).toEqual([...names].sort())
  expect([...report.kept].sort()).toEqual([...names].sort())
  const all: string[] = []
  await folder.reloader.lifecycle.events.emit('constructor', all)
  expect(all.sort()).toEqual(['constructor 2', 'hasownproperty 1', 'tostring 1', 'valueof 1'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  expect(() => folder.reloader.lifecycle.service('toString')).toThrow(
    expect.objectContaining({ code: 'CFP_PLUGIN_UNKNOWN' }),
  )
  await folder.fault(() => folder.save('counter.ts', counter(2).replace("name: 'counter'", "name: '__proto__'")), {
    code: 'CFP_META_INVALID',
    phase: 'validate',
    message: /__proto__/,
  })
  await folder.heal()
})

it('does without an optional dependency that is missing or fails, and takes it up when it arrives (fault 35)', async () => {
  const extra = (setup: string) => plugin('extra', { setup: `() => { ${setup}; return { extra: true } }` })
  const folder = await faultFolder({
    'user.ts': plugin('user', {
      optionalDependencies: "['extra']",
      setup: "({ inject }) => ({ extra: inject('extra', { optional: true }) })",
    }),
  })
  const seen = () => folder.service<{ extra: unknown }>('user').extra
  expect(seen()).toBeUndefined()
  const user = folder.reloader.lifecycle.instance('user')
  await folder.fault(() => folder.save('extra.ts', extra("throw new Error('no luck')")), {
    plugin: 'extra',
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    in: 'any',
    outcome: 'failed',
    message: /no luck/,
  })
  expect(seen()).toBeUndefined()
  expect(folder.reloader.lifecycle.instance('user')).toBe(user)
  await folder.heal(() => folder.save('extra.ts', extra('')))
  expect(seen()).toEqual({ extra: true })
  // A later version that fails costs the user nothing.
  await folder.fault(() => folder.save('extra.ts', extra("throw new Error('no luck')")), {
    plugin: 'extra',
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    outcome: 'rolled-back',
  })
  expect(seen()).toEqual({ extra: true })
  await folder.reported(() => folder.remove('extra.ts'))
  expect(seen()).toBeUndefined()
  await folder.heal(() => folder.save('extra.ts', extra('')))
  expect(seen()).toEqual({ extra: true })
})
