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

test('any number of owners may offer a name, and none is in another’s way', () => {
  const table = new ServiceTable()
  table.publish('redis', new Map([['cache', 1]]))
  table.publish(
    'memory',
    new Map<string, unknown>([
      ['old', 2],
      ['cache', 3],
    ]),
  )
  expect(table.offers('cache')).toEqual([
    { owner: 'redis', service: 1 },
    { owner: 'memory', service: 3 },
  ])
  expect(table.names()).toEqual(['cache', 'old'])
  table.withdraw('redis')
  expect(table.lookup('cache')).toEqual({ owner: 'memory', service: 3 })
  expect(table.offers('nothing')).toEqual([])
})

test('one of several is taken only where it is clear which, and else the line that makes it clear is told', () => {
  const publishIn = (table: ServiceTable) => {
    for (const owner of ['redis', 'memory']) table.publish(owner, new Map([['http.cache', owner]]))
    return table
  }
  expect(() => publishIn(new ServiceTable()).lookup('http.cache')).toThrow(
    expect.objectContaining({
      code: 'CFP_SERVICE_AMBIGUOUS',
      message:
        'The service "http.cache" is offered by "redis" and "memory". Choose one in the options of the host: providers: { \'http.cache\': \'redis\' }.',
    }),
  )
  const chosen = publishIn(new ServiceTable(new Map([['http.cache', 'memory']])))
  expect(chosen.lookup('http.cache')?.owner).toBe('memory')
  chosen.withdraw('memory')
  expect(chosen.lookup('http.cache')).toBeUndefined()
})

test('a plugin of the name goes before others who offer it, unless the host chose one of those', () => {
  const publishIn = (table: ServiceTable) => {
    table.publish('redis', new Map([['cache', 1]]))
    table.publishOwn('cache', 2)
    return table
  }
  expect(publishIn(new ServiceTable()).lookup('cache')?.owner).toBe('cache')
  expect(publishIn(new ServiceTable(new Map([['cache', 'redis']]))).lookup('cache')?.owner).toBe('redis')
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

test('the service of an owner’s own name stands beside another owner’s of that name', () => {
  const table = new ServiceTable()
  table.publish('memory', new Map([['redis', 1]]))
  table.publishOwn('redis', 2)
  table.publishOwn('redis', 3)
  expect(table.offers('redis')).toEqual([
    { owner: 'memory', service: 1 },
    { owner: 'redis', service: 3 },
  ])
  table.withdraw('redis')
  expect(table.lookup('redis')).toEqual({ owner: 'memory', service: 1 })
})
