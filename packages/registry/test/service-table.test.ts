import { expect, test } from 'vitest'
import { ServiceTable } from '../src/index.ts'

test('publishing replaces all that the owner offered', () => {
  const table = new ServiceTable()
  table.publish(
    'redis',
    new Map([
      ['cache', 1],
      ['queue', 2],
    ]),
  )
  table.publish('redis', new Map([['cache', 3]]))
  expect(table.lookup('cache')).toEqual({ owner: 'redis', service: 3 })
  expect(table.lookup('queue')).toBeUndefined()
  expect(table.names()).toEqual(['cache'])
})

test('a name that another owner has is refused, and nothing of it happens', () => {
  const table = new ServiceTable()
  table.publish('redis', new Map([['cache', 1]]))
  table.publish('memory', new Map([['old', 2]]))
  expect(() =>
    table.publish(
      'memory',
      new Map([
        ['new', 3],
        ['cache', 4],
      ]),
    ),
  ).toThrow(
    expect.objectContaining({
      code: 'CFP_SERVICE_TAKEN',
      plugin: 'memory',
      message:
        'Plugin "memory" cannot offer the service "cache": plugin "redis" offers it already. Disable one of them, or rename one service.',
    }),
  )
  expect(table.names()).toEqual(['cache', 'old'])
  expect(table.lookup('cache')).toEqual({ owner: 'redis', service: 1 })
})

test('what was withdrawn is free for others', () => {
  const table = new ServiceTable()
  table.publish('redis', new Map([['cache', 1]]))
  table.withdraw('redis')
  table.withdraw('redis')
  expect(table.names()).toEqual([])
  table.publish('memory', new Map([['cache', undefined]]))
  expect(table.lookup('cache')).toEqual({ owner: 'memory', service: undefined })
})

test('names that objects have are names like any other (fault 34)', () => {
  const table = new ServiceTable()
  expect(table.lookup('constructor')).toBeUndefined()
  expect(table.lookup('__proto__')).toBeUndefined()
  table.publish('a', new Map([['__proto__', 1]]))
  expect(table.lookup('__proto__')).toEqual({ owner: 'a', service: 1 })
})

test('the service of an owner’s own name replaces all that it offered, and goes with it', () => {
  const table = new ServiceTable()
  table.publish(
    'redis',
    new Map([
      ['redis', 1],
      ['cache', 2],
    ]),
  )
  table.publishOwn('redis', 3)
  expect(table.names()).toEqual(['redis'])
  table.publishOwn('redis', 4)
  expect(table.lookup('redis')).toEqual({ owner: 'redis', service: 4 })
  table.publish('redis', new Map([['cache', 5]]))
  expect(table.names()).toEqual(['cache'])
  table.publishOwn('redis', 6)
  table.withdraw('redis')
  expect(table.names()).toEqual([])
})

test('the service of an owner’s own name is refused where another owner has the name', () => {
  const table = new ServiceTable()
  table.publish('memory', new Map([['redis', 1]]))
  expect(() => table.publishOwn('redis', 2)).toThrow(expect.objectContaining({ code: 'CFP_SERVICE_TAKEN' }))
  table.withdraw('redis')
  expect(table.lookup('redis')).toEqual({ owner: 'memory', service: 1 })
})
