import { GraphError, topologicalSortBatches } from '@cf-plugins/graph'
import { expect, test } from 'vitest'

const named = (batches: { meta: { name: string } }[][]) => batches.map((batch) => batch.map(({ meta }) => meta.name))

test('records come back themselves, in batches, each batch in the order given', () => {
  const app = { meta: { name: 'app', dependencies: ['auth', 'db'] } }
  const auth = { meta: { name: 'auth', dependencies: ['db'] } }
  const [log, db] = [{ meta: { name: 'log' } }, { meta: { name: 'db' } }]
  const batches = topologicalSortBatches([app, auth, log, db])
  expect(batches.map((batch) => batch.length)).toEqual([2, 1, 1])
  expect(batches.flat()).toEqual([log, db, auth, app])
  expect(batches[2]?.[0]).toBe(app)
})

test.each([
  ['names', ['db']],
  ['names with ranges', { db: '^2.0.0' }],
  ['objects with a name', [{ name: 'db', range: '*' }]],
])('dependencies may be %s, required or optional', (_, needed) => {
  const db = { meta: { name: 'db' } }
  expect(named(topologicalSortBatches([{ meta: { name: 'a', dependencies: needed } }, db]))).toEqual([['db'], ['a']])
  expect(named(topologicalSortBatches([{ meta: { name: 'a', optionalDependencies: needed } }, db]))).toEqual([
    ['db'],
    ['a'],
  ])
})

test('an optional dependency that is not there is passed over', () => {
  expect(named(topologicalSortBatches([{ meta: { name: 'a', optionalDependencies: ['metrics'] } }]))).toEqual([['a']])
})

test('every required dependency that is not there is told at once, with who needs it', () => {
  const error = thrownBy([
    { meta: { name: 'billing', dependencies: ['database', 'mail'] } },
    { meta: { name: 'report', dependencies: ['database'] } },
  ])
  expect(error.code).toBe('CFP_GRAPH_MISSING')
  expect(error.message).toContain('"billing" needs "database", "billing" needs "mail", "report" needs "database"')
  expect(error.missing).toContainEqual({ name: 'billing', dependency: 'mail' })
})

test('a circle is told as a path, with what to do', () => {
  const ring = { auth: 'sessions', sessions: 'users', users: 'auth' }
  const error = thrownBy(Object.entries(ring).map(([name, other]) => ({ meta: { name, dependencies: [other] } })))
  expect(error.code).toBe('CFP_GRAPH_CYCLE')
  expect(error.message).toBe(
    'Plugins depend on each other in a circle: auth -> sessions -> users -> auth. Move what they share into a third plugin.',
  )
  expect(error.cycles).toEqual([['auth', 'sessions', 'users']])
})

test('a plugin that depends on itself is a circle of one', () => {
  expect(thrownBy([{ meta: { name: 'auth', dependencies: ['auth'] } }]).message).toContain('auth -> auth.')
})

test('two records of one name are refused', () => {
  const error = thrownBy([{ meta: { name: 'auth' } }, { meta: { name: 'auth' } }])
  expect([error.code, error.message]).toEqual([
    'CFP_GRAPH_DUPLICATE',
    'There are two plugins called "auth". Rename one, or leave it out.',
  ])
})

test('no records make no batches', () => {
  expect(topologicalSortBatches([])).toEqual([])
})

function thrownBy(records: Parameters<typeof topologicalSortBatches>[0]): GraphError {
  try {
    topologicalSortBatches(records)
  } catch (error) {
    if (error instanceof GraphError) return error
  }
  throw new Error('No GraphError was thrown.')
}
