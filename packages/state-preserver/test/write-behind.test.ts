import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StatePreservationError } from '@cf-plugins/plugin-api'
import { describe, expect, test, vi } from 'vitest'
import { FileStateStore, StatePreserver, type StateSnapshot, type StateStore } from '../src/index.ts'
import { failure, plugin, saveState, temporaryFolder, until } from './stored.ts'

/** A host's own store, each of whose writes ends when it is told to. */
class GatedStore implements StateStore {
  readonly kept = new Map<string, StateSnapshot>()
  /** What began, in order. */
  readonly begun: { name: string; state: unknown; end: (error?: unknown) => void }[] = []
  readonly signals: (AbortSignal | undefined)[] = []

  write(snapshot: StateSnapshot, options?: { signal?: AbortSignal | undefined }): Promise<void> {
    this.signals.push(options?.signal)
    return this.#begin(snapshot.plugin, snapshot.state, () => this.kept.set(snapshot.plugin, snapshot))
  }
  async read(name: string): Promise<StateSnapshot | undefined> {
    return this.kept.get(name)
  }
  remove(name: string): Promise<void> {
    return this.#begin(name, 'removed', () => this.kept.delete(name))
  }
  #begin(name: string, state: unknown, done: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: unknown) => {
        if (error !== undefined) return reject(error)
        done()
        resolve()
      }
      this.begun.push({ name, state, end })
    })
  }
  get log(): string[] {
    return this.begun.map(({ name, state }) => `${name} ${state}`)
  }
}

const gated = (options: { writeDelayMs?: number; storeTimeoutMs?: number } = {}) => {
  const store = new GatedStore()
  const told: StatePreservationError[] = []
  const preserver = new StatePreserver({
    store,
    writeDelayMs: 0,
    ...options,
    onStoreError: (error) => told.push(error),
  })
  return { store, told, preserver }
}

/** A preserver with a folder, and another process' view of it. */
async function onDisk() {
  const folder = join(await temporaryFolder(), 'state')
  const told: StatePreservationError[] = []
  const preserver = new StatePreserver({
    store: new FileStateStore({ folder }),
    onStoreError: (error) => told.push(error),
  })
  return { folder, told, preserver, elsewhere: () => new StatePreserver({ store: new FileStateStore({ folder }) }) }
}

describe('a save', () => {
  test('reaches the store by itself, and does not wait for it', async () => {
    const { store, preserver } = gated({ writeDelayMs: 20 })
    const snapshot = await saveState(preserver, 'a', 1)
    expect(store.log).toEqual([])
    await until(() => store.log.length === 1)
    store.begun[0]!.end()
    await preserver.flush()
    expect(store.kept.get('a')).toBe(snapshot)
  })

  test('that fails writes nothing: the file is the last good snapshot', async () => {
    const { preserver, elsewhere } = await onDisk()
    await saveState(preserver, 'a', 'good')
    await preserver.flush()
    await failure(saveState(preserver, 'a', () => {}))
    await preserver.flush()
    expect((await elsewhere().load('a'))?.state).toBe('good')
  })

  test('in the middle of a write is written after it, and of several only the last', async () => {
    const { store, preserver } = gated()
    await saveState(preserver, 'a', 1)
    await until(() => store.begun.length === 1)
    for (const state of [2, 3, 4]) await saveState(preserver, 'a', state)
    const flushed = preserver.flush()
    expect(store.log).toEqual(['a 1'])
    store.begun[0]!.end()
    await until(() => store.begun.length === 2)
    store.begun[1]!.end()
    await flushed
    expect(store.log).toEqual(['a 1', 'a 4'])
  })

  test('of many plugins is written two at a time', async () => {
    const { store, preserver } = gated()
    for (const name of ['a', 'b', 'c', 'd']) await saveState(preserver, name, 1)
    const flushed = preserver.flush()
    expect(store.log).toEqual(['a 1', 'b 1'])
    store.begun[1]!.end()
    await until(() => store.begun.length === 3)
    expect(store.log).toEqual(['a 1', 'b 1', 'c 1'])
    for (const at of [0, 2]) store.begun[at]!.end()
    await until(() => store.begun.length === 4)
    store.begun[3]!.end()
    await flushed
    expect([...store.kept.keys()].sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('of a plugin that has no getReloadState, or gives its state up, leaves the store alone', async () => {
    const { folder, preserver, elsewhere } = await onDisk()
    await saveState(preserver, 'a', 'precious')
    await preserver.flush()
    await preserver.save(plugin('a', {}))
    await preserver.save(plugin('a', { getReloadState: () => 'new' }, { reload: { state: 'discard' } }))
    await preserver.save(plugin('b', {}))
    await preserver.flush()
    expect(preserver.latest('a')?.hasState).toBe(false)
    expect((await elsewhere().load('a'))?.state).toBe('precious')
    expect(await readdir(folder)).toEqual(['a.state'])
    await saveState(preserver, 'a', undefined)
    await preserver.flush()
    expect((await elsewhere().load('a'))?.hasState).toBe(false)
    expect([preserver.isLasting, new StatePreserver().isLasting]).toEqual([true, false])
  })

  test('under a name that no plugin may have is kept in memory, and told', async () => {
    const { folder, told, preserver } = await onDisk()
    await saveState(preserver, '../evil', 1)
    expect(await failure(preserver.flush())).toMatchObject({ code: 'CFP_STATE_NAME_REFUSED', plugin: '../evil' })
    expect(told).toHaveLength(1)
    expect(preserver.latest('../evil')?.state).toBe(1)
    expect(await readdir(join(folder, '..'))).toEqual([])
  })
})

describe('a flush', () => {
  test('has nothing to do where there is no store, or nothing new', async () => {
    const without = new StatePreserver()
    await saveState(without, 'a', 1)
    await without.flush()
    expect(await without.load('a')).toBeUndefined()
    await gated().preserver.flush()
  })

  test('does not wait for saves that come after it', async () => {
    const { store, preserver } = gated()
    await saveState(preserver, 'a', 1)
    const flushed = preserver.flush()
    await saveState(preserver, 'a', 2)
    await saveState(preserver, 'b', 2)
    store.begun[0]!.end()
    await flushed
    expect(store.kept.get('a')?.state).toBe(1)
  })

  test('waits for a save that another one has overtaken', async () => {
    const { store, preserver } = gated()
    await saveState(preserver, 'a', 1)
    await until(() => store.begun.length === 1)
    await saveState(preserver, 'a', 2)
    let isFlushed = false
    const flushed = preserver.flush().then(() => {
      isFlushed = true
    })
    await saveState(preserver, 'a', 3)
    store.begun[0]!.end()
    await until(() => store.begun.length === 2)
    expect(isFlushed).toBe(false)
    store.begun[1]!.end()
    await flushed
    expect(store.kept.get('a')?.state).toBe(3)
  })

  test('ends at its bound, and says whose state is not written', async () => {
    const { store, told, preserver } = gated()
    await saveState(preserver, 'a', 1)
    const error = await failure(preserver.flush({ timeoutMs: 20 }))
    expect(error).toMatchObject({ code: 'CFP_STATE_WRITE_TIMEOUT', issues: [{ path: 'a' }] })
    expect(error.message).toContain('State of plugin "a" was not written within 20 ms')
    // The write itself has longer.
    expect(told).toEqual([])
    store.begun[0]!.end()
    await preserver.flush()
    expect(store.kept.get('a')?.state).toBe(1)
  })

  test('ends at an abort', async () => {
    const { preserver } = gated()
    const reason = new Error('enough')
    await saveState(preserver, 'a', 1)
    const controller = new AbortController()
    const flushing = failure(preserver.flush({ signal: controller.signal }))
    controller.abort(reason)
    expect(await flushing).toMatchObject({ code: 'CFP_STATE_ABORTED', cause: reason })
    expect(await failure(preserver.flush({ signal: AbortSignal.abort(reason) }))).toMatchObject({
      code: 'CFP_STATE_ABORTED',
    })
  })

  test('tells all that failed', async () => {
    const { folder, preserver } = await onDisk()
    await writeFile(folder, 'in its place')
    await saveState(preserver, 'a', 1)
    await saveState(preserver, 'b', 2)
    const error = await failure(preserver.flush())
    expect(error).toMatchObject({ code: 'CFP_STATE_WRITE_FAILED', issues: [{ path: 'a' }, { path: 'b' }] })
    expect(error.message).toContain('plugins "a", "b"')
  })
})

describe('a write that fails', () => {
  test('is told once, keeps the copy in memory, and is tried again by a flush', async () => {
    const { folder, told, preserver, elsewhere } = await onDisk()
    await writeFile(folder, 'in its place')
    await saveState(preserver, 'a', { n: 1 })
    await until(() => told.length > 0)
    expect(told).toEqual([
      expect.objectContaining({ code: 'CFP_STATE_WRITE_FAILED', plugin: 'a', phase: 'writeState' }),
    ])
    expect(preserver.latest('a')?.state).toEqual({ n: 1 })
    expect((await preserver.load('a'))?.state).toEqual({ n: 1 })
    await rm(folder)
    await preserver.flush()
    expect((await elsewhere().load('a'))?.state).toEqual({ n: 1 })
    expect(told).toHaveLength(1)
  })

  test('is tried again by itself, without being told again, until there is room (fault 53)', async () => {
    const folder = join(await temporaryFolder(), 'state')
    const told: StatePreservationError[] = []
    const preserver = new StatePreserver({
      store: new FileStateStore({ folder }),
      writeDelayMs: 0,
      retryDelayMs: 5,
      onStoreError: (error) => told.push(error),
    })
    await writeFile(folder, 'in its place')
    await saveState(preserver, 'a', { n: 1 })
    await until(() => told.length > 0)
    await rm(folder)
    const elsewhere = new StatePreserver({ store: new FileStateStore({ folder }) })
    await vi.waitFor(async () => expect((await elsewhere.load('a'))?.state).toEqual({ n: 1 }))
    expect(told).toHaveLength(1)
    // What fails after that is another failure.
    await rm(folder, { recursive: true })
    await writeFile(folder, 'in its place')
    await saveState(preserver, 'a', { n: 2 })
    await until(() => told.length === 2)
  })

  test('in the middle of which a newer save came is made up for by that one', async () => {
    const { store, told, preserver } = gated()
    await saveState(preserver, 'a', 1)
    await until(() => store.begun.length === 1)
    await saveState(preserver, 'a', 2)
    const flushed = preserver.flush()
    store.begun[0]!.end(new Error('no'))
    await until(() => store.begun.length === 2)
    store.begun[1]!.end()
    await flushed
    expect(store.kept.get('a')?.state).toBe(2)
    expect(told.map(({ message }) => message)).toEqual([
      'State of plugin "a" could not be written: no. The copy in memory is kept, and is tried again.',
    ])
  })

  test('and whose listener throws does not stop the others', async () => {
    const store = new GatedStore()
    const preserver = new StatePreserver({
      store,
      onStoreError: () => {
        throw new Error('from the listener')
      },
    })
    for (const name of ['a', 'b', 'c']) await saveState(preserver, name, 1)
    const flushed = failure(preserver.flush())
    store.begun[0]!.end(new Error('no'))
    await until(() => store.begun.length === 3)
    for (const at of [1, 2]) store.begun[at]!.end()
    expect(await flushed).toMatchObject({ code: 'CFP_STATE_WRITE_FAILED', plugin: 'a' })
    expect([...store.kept.keys()]).toEqual(['b', 'c'])
  })
})

describe('a write that hangs', () => {
  test('is told, aborted, and holds up nobody else', async () => {
    const { store, told, preserver } = gated({ storeTimeoutMs: 30 })
    for (const name of ['a', 'b', 'c']) await saveState(preserver, name, 1)
    await until(() => store.begun.length === 3)
    store.begun[2]!.end()
    expect(told.map(({ code, plugin: whose }) => [code, whose])).toEqual([
      ['CFP_STATE_WRITE_TIMEOUT', 'a'],
      ['CFP_STATE_WRITE_TIMEOUT', 'b'],
    ])
    expect(store.signals.map((signal) => signal?.aborted)).toEqual([true, true, false])
  })

  test('and comes through after all is never after a newer one', async () => {
    const { store, told, preserver } = gated({ storeTimeoutMs: 20 })
    await saveState(preserver, 'a', 'old')
    await until(() => told.length === 1)
    await saveState(preserver, 'a', 'new')
    await failure(preserver.flush({ timeoutMs: 20 }))
    expect(store.log).toEqual(['a old'])
    store.begun[0]!.end()
    await until(() => store.begun.length === 2)
    store.begun[1]!.end()
    await preserver.flush()
    expect(store.kept.get('a')?.state).toBe('new')
  })
})

describe('a write that fails after its bound', () => {
  test('is told once, and is tried again by a flush, still two at a time', async () => {
    const { store, told, preserver } = gated({ storeTimeoutMs: 30 })
    await saveState(preserver, 'a', 1)
    await until(() => told.length === 1)
    store.begun[0]!.end(new Error('gave up'))
    await new Promise(setImmediate)
    for (const name of ['b', 'c', 'd']) await saveState(preserver, name, 1)
    const flushed = preserver.flush()
    expect(store.log).toEqual(['a 1', 'b 1', 'c 1'])
    store.begun[1]!.end()
    store.begun[2]!.end()
    await until(() => store.begun.length === 5)
    store.begun[3]!.end()
    store.begun[4]!.end()
    await flushed
    expect([...store.kept.keys()].sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(told.map(({ code }) => code)).toEqual(['CFP_STATE_WRITE_TIMEOUT'])
  })
})

describe('a load', () => {
  test('is the latest from then on, and can be restored in another version', async () => {
    const { preserver, elsewhere } = await onDisk()
    const counting = { getReloadState: () => ({ count: 3 }) }
    await preserver.save(plugin('a', counting, { stateVersion: 1 }, false))
    await preserver.flush()
    const later = elsewhere()
    const snapshot = await later.load('a')
    expect(snapshot).toMatchObject({ plugin: 'a', version: 1, enabled: false, hasState: true })
    expect(later.latest('a')).toBe(snapshot)
    const next = {
      total: 0,
      setReloadState: ({ total }: { total: number }) => {
        next.total = total
      },
      migrateState: ({ count }: { count: number }) => ({ total: count }),
    }
    await later.restore(plugin('a', next, { stateVersion: 2 }), snapshot!)
    expect(next.total).toBe(3)
  })

  test('gives what is not written yet rather than what is older', async () => {
    const { store, preserver } = gated()
    store.kept.set('a', await saveState(new StatePreserver(), 'a', 'old'))
    const snapshot = await saveState(preserver, 'a', 'new')
    expect(await preserver.load('a')).toBe(snapshot)
    await until(() => store.begun.length === 1)
    expect(await preserver.load('a')).toBe(snapshot)
  })

  test('does not take the place of a save that came in the meantime', async () => {
    const { store, preserver } = gated()
    store.kept.set('a', await saveState(new StatePreserver(), 'a', 'old'))
    const loading = preserver.load('a')
    const snapshot = await saveState(preserver, 'a', 'new')
    expect(await loading).toBe(snapshot)
    expect(preserver.latest('a')).toBe(snapshot)
  })

  test('of what cannot be read is an error, and the next save keeps the file aside', async () => {
    const { folder, preserver } = await onDisk()
    await mkdir(folder, { mode: 0o700 })
    await writeFile(join(folder, 'a.state'), 'precious')
    expect(await failure(preserver.load('a'))).toMatchObject({ code: 'CFP_STATE_FILE_DAMAGED' })
    expect(preserver.latest('a')).toBeUndefined()
    await saveState(preserver, 'a', 'new')
    await preserver.flush()
    expect((await preserver.load('a'))?.state).toBe('new')
    const aside = (await readdir(folder)).find((name) => name.includes('refused')) ?? ''
    expect(await readFile(join(folder, aside), 'utf8')).toBe('precious')
  })

  test('that was of no use to the plugin is forgotten, and the next save keeps the file aside', async () => {
    const { folder, preserver, elsewhere } = await onDisk()
    await saveState(preserver, 'a', 'precious')
    await preserver.flush()
    const later = elsewhere()
    await later.load('a')
    expect(later.setAside('a')).toBe(true)
    expect(later.latest('a')).toBeUndefined()
    await saveState(later, 'a', 'new')
    await later.flush()
    const aside = (await readdir(folder)).find((name) => name.includes('refused')) ?? ''
    expect((await elsewhere().load('a'))?.state).toBe('new')
    expect(await readFile(join(folder, aside), 'utf8')).toContain('precious')
    // Another store may not be able to, and says so.
    expect(gated().preserver.setAside('a')).toBe(false)
  })

  test('that nobody waited for to its end leaves the file to be kept aside', async () => {
    const folder = join(await temporaryFolder(), 'state')
    const store = new FileStateStore({ folder })
    await store.write(await saveState(new StatePreserver(), 'a', 'precious'))
    const controller = new AbortController()
    const reading = store.read('a', { signal: controller.signal })
    controller.abort()
    expect(await failure(reading)).toMatchObject({ code: 'CFP_STATE_ABORTED' })
    await store.write(await saveState(new StatePreserver(), 'a', 'new'))
    expect((await readdir(folder)).length).toBe(2)
  })

  test('is bounded, and can be given up', async () => {
    const signals: (AbortSignal | undefined)[] = []
    const hanging: StateStore = {
      write: async () => {},
      read: (_, options) => {
        signals.push(options?.signal)
        return new Promise(() => {})
      },
      remove: async () => {},
    }
    const preserver = new StatePreserver({ store: hanging, storeTimeoutMs: 20 })
    expect(await failure(preserver.load('a'))).toMatchObject({ code: 'CFP_STATE_READ_TIMEOUT', plugin: 'a' })
    const controller = new AbortController()
    const loading = failure(preserver.load('a', { signal: controller.signal }))
    controller.abort()
    expect(await loading).toMatchObject({ code: 'CFP_STATE_ABORTED', plugin: 'a', phase: 'readState' })
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true])
    expect(await failure(preserver.load('a', { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'CFP_STATE_ABORTED',
    })
    expect(signals).toHaveLength(2)
  })

  test('tells a store’s own errors with the plugin', async () => {
    const broken: StateStore = {
      write: async () => {},
      read: () => {
        throw new Error('no network')
      },
      remove: async () => {},
    }
    const error = await failure(new StatePreserver({ store: broken }).load('a'))
    expect(error).toMatchObject({ code: 'CFP_STATE_READ_FAILED', plugin: 'a', cause: new Error('no network') })
  })
})

test('what is forgotten is gone from the store, too', async () => {
  const { folder, preserver, elsewhere } = await onDisk()
  await saveState(preserver, 'a', 1)
  await saveState(preserver, 'b', 2)
  await preserver.flush()
  preserver.forget('a')
  expect(await preserver.load('a')).toBeUndefined()
  await preserver.flush()
  expect(await elsewhere().load('a')).toBeUndefined()
  expect(await readdir(folder)).toEqual(['b.state'])
  await saveState(preserver, 'a', 3)
  await preserver.flush()
  expect((await elsewhere().load('a'))?.state).toBe(3)
})
