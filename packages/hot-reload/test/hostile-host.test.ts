import { expect, it } from 'vitest'
import { startFolder, states } from './plugin-folder.ts'

const source = (name: string, value: number, more = '') => `
  export const PLUGIN_META = { name: '${name}', version: '1.0.0'${more} }
  export const register = () => ({ value: ${value} })
`

const boom = () => {
  throw new Error('boom')
}

it('reloads what was saved, and tells of it, also where its logger throws', async () => {
  const logger = { debug: boom, info: boom, warn: boom, error: boom }
  const folder = await startFolder({ 'a.mjs': source('a', 1) }, { logger })
  expect(await folder.reported(() => folder.save('a.mjs', source('a', 2)))).toMatchObject({ outcome: 'committed' })
  expect(await folder.reported(() => folder.save('a.mjs', 'export const ='))).toMatchObject({ outcome: 'kept' })
  expect(await folder.reported(() => folder.save('a.mjs', source('a', 3)))).toMatchObject({ outcome: 'committed' })
  expect(folder.service('a')).toEqual({ value: 3 })
})

it('goes on reloading where afterReload throws what is no error', async () => {
  const thrown = [undefined, null, Object.freeze({}), Symbol('s')]
  const folder = await startFolder(
    { 'a.mjs': source('a', 0) },
    {
      afterReload: () => {
        throw thrown.shift()
      },
    },
  )
  for (let value = 1; value <= 4; value++) {
    const report = await folder.reported(() => folder.save('a.mjs', source('a', value)))
    expect(report).toMatchObject({ outcome: 'committed' })
    expect(folder.service('a')).toEqual({ value })
  }
})

it('does not wait for a reload that afterReload asks for, and runs it next', async () => {
  let asked: Promise<unknown> | undefined
  const folder = await startFolder(
    { 'a.mjs': source('a', 0), 'b.mjs': source('b', 0) },
    {
      afterReload: () => {
        asked ??= folder.reloader.reloadPlugin('b')
      },
    },
  )
  await folder.reported(() => folder.save('a.mjs', source('a', 1)))
  expect(await asked).toMatchObject({ outcome: 'committed', members: ['b'] })
})

it('follows a dependency that becomes optional, and one that becomes required, over reloads', async () => {
  const user = (dependency: string) => source('b', 1, dependency)
  const folder = await startFolder({ 'a.mjs': source('a', 1), 'b.mjs': user(", dependencies: ['a']") })
  const optional = ", optionalDependencies: ['a']"
  expect(await folder.reported(() => folder.save('b.mjs', user(optional)))).toMatchObject({ outcome: 'committed' })
  await folder.reloader.lifecycle.disable('a')
  expect(states(folder)).toEqual({ a: 'disabled', b: 'active' })
  const required = ", dependencies: ['a']"
  const report = await folder.reported(() => folder.save('b.mjs', user(required)))
  expect(report).toMatchObject({ outcome: 'kept', error: { code: 'CFP_DEPENDENCY_DISABLED' } })
  expect(states(folder)).toEqual({ a: 'disabled', b: 'active' })
  await folder.reloader.lifecycle.enable('a')
  expect(states(folder)).toEqual({ a: 'active', b: 'active' })
  await folder.reported(() => folder.save('b.mjs', user('')))
  await folder.reported(() => folder.remove('a.mjs'))
  expect(states(folder)).toEqual({ b: 'active' })
})

it('refuses a plugin that is added by the name of an orphan, which serves on', async () => {
  const folder = await startFolder({ 'a.mjs': source('a', 1), 'b.mjs': source('b', 1, ", dependencies: ['a']") })
  await folder.reported(() => folder.remove('a.mjs'))
  const { lifecycle } = folder.reloader
  expect(lifecycle.status('a')).toMatchObject({ state: 'active', orphaned: true })
  const record = lifecycle.registry.get('a')
  await expect(lifecycle.add([{ ...(record as NonNullable<typeof record>) }])).rejects.toMatchObject({
    code: 'CFP_DUPLICATE_NAME',
  })
  expect(lifecycle.status('a')).toMatchObject({ state: 'active', orphaned: true })
  expect(await folder.reported(() => folder.save('a.mjs', source('a', 2)))).toMatchObject({ outcome: 'committed' })
  expect(lifecycle.status('a')).toMatchObject({ state: 'active', orphaned: false })
})

it('takes constructor and other names of members of objects as any other', async () => {
  const names = ['constructor', 'valueof', 'then', 'host']
  const files = Object.fromEntries(names.map((name) => [`${name}.mjs`, source(name, 1)]))
  const folder = await startFolder(files)
  const active = Object.keys(states(folder))
  expect(active).toEqual(expect.arrayContaining(['constructor', 'then']))
  for (const name of active) {
    const report = await folder.reported(() => folder.save(`${name}.mjs`, source(name, 2)))
    expect(report).toMatchObject({ outcome: 'committed', members: [name] })
    expect(folder.service(name)).toEqual({ value: 2 })
  }
})
