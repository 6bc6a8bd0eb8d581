import { expect, test } from 'vitest'
import { nearestName } from '../src/index.ts'

test.each([
  ['databse', 'database'],
  ['cahce', 'cache'],
  ['metric', 'metrics'],
  ['db', undefined],
  ['something-else', undefined],
])('%s is taken for %s', (name, nearest) => {
  expect(nearestName(name, ['cache', 'database', 'metrics'])).toBe(nearest)
})

test('the closest one wins, and of equals the first', () => {
  expect(nearestName('auth2', ['auth345', 'auth3', 'auth4'])).toBe('auth3')
})
