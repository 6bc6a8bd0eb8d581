// How `context.state` goes from one generation to the next, and from one process to the next.
import { spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PluginInstance, type StatePreservationError, sharedStateRef } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { FileStateStore, type OpenState, StatePreserver, type StateSnapshot } from '../src/index.ts'
import { never, opened, rejection, sleep, stage, thrown } from './keeping.ts'
import { buildChild, temporaryFolder, until } from './stored.ts'

interface Count {
  count: number
}
const state = { initial: { count: 0 }, shared: ['cart'] }
const Cart = sharedStateRef<string[]>('cart', [])

/** Saves as a host does when it replaces a plugin. */
function save(preserver: StatePreserver, open: OpenState, instance: PluginInstance = {}, meta = {}) {
  const name = 'counter'
  return preserver.save({ name, enabled: true, meta: resolveMeta({ name, version: '1.0.0', ...meta }), instance, open })
}

describe('the next generation', () => {
  it('begins with what the one before had, also where that was handed through unasked', async () => {
    const preserver = new StatePreserver()
    const first = opened<Count>({ state }, {}, preserver)
    first.state.set({ count: 3 })
    const snapshot = await save(preserver, first.open)
    expect(snapshot).toMatchObject({ hasState: true, state: undefined, own: { version: 0, value: { count: 3 } } })
    const second = opened<Count>({ state }, {}, preserver, snapshot)
    const third = opened<Count>({ state }, {}, preserver, await save(preserver, second.open))
    expect(third.state.value).toEqual({ count: 3 })
    expect(third.state.value).toBe(first.state.value)
  })

  it('begins anew where nobody had set anything, or where it gives its state up; a rollback gives it back in any case', async () => {
    const preserver = new StatePreserver()
    const first = opened<Count>({ state }, {}, preserver)
    const nothing = await save(preserver, first.open)
    expect(nothing).toMatchObject({ hasState: false, own: undefined })
    expect(first.open.peek()).toBeUndefined()
    const other = { initial: { count: 7 } }
    expect(opened<Count>({ state: other }, {}, preserver, nothing).state.value).toEqual({ count: 7 })
    first.open.resume()
    first.state.set({ count: 3 })
    const snapshot = await save(preserver, first.open)
    const discarding = { state, reload: { state: 'discard' as const } }
    expect(opened<Count>(discarding, {}, preserver, snapshot).state.value).toEqual({ count: 0 })
    const back = opened<Count>(discarding, { reason: 'rollback' }, preserver, snapshot)
    expect(back.state.value).toEqual({ count: 3 })
  })

  it('beside the old one begins with what that has now, and takes what it has in the end', async () => {
    const preserver = new StatePreserver()
    const old = opened<Count>({ state }, {}, preserver)
    old.state.set({ count: 1 })
    const next = opened<Count>({ state }, {}, preserver, old.open.peek())
    const told: number[] = []
    next.state.watch(({ count }) => void told.push(count))
    expect(next.state.value).toEqual({ count: 1 })
    next.state.set({ count: 50 })
    old.state.set({ count: 2 })
    expect([old.state.value, next.state.value]).toEqual([{ count: 2 }, { count: 50 }])
    const changing = next.state.update(async (draft) => {
      await sleep(2)
      draft.count++
    })
    const committing = next.state.transaction(
      async (own) => {
        await sleep(2)
        own.set({ count: 70 })
      },
      { shared: [] },
    )
    const snapshot = await save(preserver, old.open)
    next.open.take(snapshot)
    expect(await rejection(changing)).toMatchObject({ code: 'CFP_STATE_REPLACED' })
    await committing
    expect(told).toEqual([50, 2, 70])
    const late = next.state.transaction(async (own) => {
      own.set({ count: 80 })
      await sleep(2)
    })
    next.open.take(snapshot)
    expect(await rejection(late)).toMatchObject({ code: 'CFP_STATE_REPLACED' })
    expect(next.state.value).toEqual({ count: 2 })
  })
})

describe('what was taken for the next generation', () => {
  it('is not changed any more: updates wait and set is refused, until nothing came of it', async () => {
    const preserver = new StatePreserver()
    const { open, state: own } = opened<Count>({ state }, {}, preserver)
    let isBegun = false
    const running = own.update(async (draft) => {
      isBegun = true
      await sleep(2)
      draft.count++
    })
    await until(() => isBegun)
    const snapshot = await save(preserver, open)
    let isCalled = false
    const waiting = own.update(({ count }) => {
      isCalled = true
      return { count: count + 10 }
    })
    const together = own.transaction((all) => all.update(({ count }) => ({ count: count + 100 })))
    const set = thrown(() => own.set({ count: 9 }))
    expect(set).toMatchObject({ code: 'CFP_STATE_LOCKED' })
    expect(set.message).toContain('while an update')
    await sleep(5)
    expect([own.value, snapshot.own, isCalled]).toEqual([{ count: 0 }, undefined, false])
    open.resume()
    open.seal()
    await sleep(2)
    expect(own.value).toEqual({ count: 0 })
    open.resume()
    expect(await running).toEqual({ count: 1 })
    await Promise.all([waiting, together])
    expect(own.value).toEqual({ count: 111 })
    await save(preserver, open)
    expect(thrown(() => own.set({ count: 9 })).message).toContain('while the plugin was being replaced')
    expect(await rejection(own.update(() => ({ count: 9 }), { timeoutMs: 5 }))).toMatchObject({
      code: 'CFP_STATE_UPDATE_TIMEOUT',
    })
  })

  it('is not changed by a transaction that had begun before', async () => {
    const preserver = new StatePreserver()
    const { open, state: own } = opened<Count>({ state }, {}, preserver)
    let isBegun = false
    const changing = own.transaction(async (all) => {
      isBegun = true
      await sleep(2)
      all.set({ count: 1 })
      await all.shared(Cart).update((cart) => void cart.push('pen'))
    })
    await until(() => isBegun)
    await save(preserver, open)
    await sleep(5)
    expect([own.value, own.shared(Cart).value]).toEqual([{ count: 0 }, []])
    open.resume()
    // Taken once more before it could go on.
    await save(preserver, open)
    await sleep(2)
    expect(own.value).toEqual({ count: 0 })
    open.resume()
    await changing
    expect([own.value, own.shared(Cart).value]).toEqual([{ count: 1 }, ['pen']])
  })

  it('ends with its generation: what waits or is under way is refused, its shared parts are free at once', async () => {
    const preserver = new StatePreserver()
    const { open, state: own } = opened<Count>({ state }, {}, preserver)
    const other = opened({ name: 'other', state }, {}, preserver).state.shared(Cart)
    const ends = [
      own.update(never),
      own.update(() => ({ count: 1 })),
      own.transaction(never),
      own.shared(Cart).update(never),
    ]
    const next = other.update(() => ['next'])
    await save(preserver, open)
    ends.push(own.update(() => ({ count: 2 })))
    open.end()
    for (const end of ends) expect(await rejection(end)).toMatchObject({ code: 'CFP_GENERATION_RETIRED' })
    expect(await next).toEqual(['next'])
    expect(thrown(() => own.set({ count: 3 }))).toMatchObject({ code: 'CFP_GENERATION_RETIRED' })
    expect(await rejection(own.transaction(() => {}))).toMatchObject({ code: 'CFP_GENERATION_RETIRED' })
    expect(own.value).toEqual({ count: 0 })
  })

  it('is not fixed by a save that fails or is given up', async () => {
    const preserver = new StatePreserver()
    const { open, state: own } = opened<Count>({ state }, {}, preserver)
    await rejection(save(preserver, open, { getReloadState: () => ({ close: () => {} }) }))
    const controller = new AbortController()
    const meta = resolveMeta({ name: 'counter', version: '1.0.0' })
    const plugin = { name: 'counter', enabled: true, meta, instance: { getReloadState: never }, open }
    const saving = preserver.save(plugin, { signal: controller.signal })
    controller.abort()
    expect(await rejection(saving)).toMatchObject({ code: 'CFP_STATE_ABORTED' })
    const idle = { ...plugin, instance: {} }
    expect(await rejection(preserver.save(idle, { signal: controller.signal }))).toMatchObject({
      code: 'CFP_STATE_ABORTED',
    })
    own.set({ count: 1 })
  })
})

describe('another stateVersion', () => {
  const kept = async (version: number) => {
    const preserver = new StatePreserver()
    const first = opened<unknown>({ state, stateVersion: version }, {}, preserver)
    first.state.set({ total: 3 })
    return { preserver, snapshot: await save(preserver, first.open, {}, { stateVersion: version }) }
  }

  it.each([
    [1, 2],
    [2, 1],
  ])('is migrated, up and down: from %i to %i; until then it cannot be read (fault 52)', async (from, to) => {
    const { preserver, snapshot } = await kept(from)
    const next = opened<Count>({ state, stateVersion: to }, {}, preserver, snapshot)
    const early = thrown(() => next.state.value)
    expect(early).toMatchObject({ code: 'CFP_STATE_NOT_MIGRATED' })
    expect(early.message).toContain(`still of version ${from}, not ${to}`)
    expect(thrown(() => next.state.set({ count: 1 }))).toMatchObject({ code: early.code })
    expect(await rejection(next.state.update(() => ({ count: 1 })))).toMatchObject({ code: early.code })
    const given: unknown[] = []
    const migrateState = async (old: { total: number }, version: number, part: string) => {
      given.push([structuredClone(old), version, part])
      old.total++
      return { count: old.total }
    }
    await next.open.migrate({ migrateState })
    expect(given).toEqual([[{ total: 3 }, from, 'state']])
    expect(next.state.value).toEqual({ count: 4 })
    expect(next.open.migrate({ migrateState })).toBeUndefined()
    expect(snapshot.own).toEqual({ version: from, value: { total: 3 } })
  })

  it.each<[string, PluginInstance, string]>([
    ['nobody migrates', {}, 'CFP_STATE_MIGRATION_MISSING'],
    ['the migration throws', { migrateState: () => Promise.reject(new Error('no')) }, 'CFP_STATE_MIGRATION_FAILED'],
    ['it hangs', { migrateState: never }, 'CFP_STATE_RESTORE_TIMEOUT'],
    ['it gives what cannot be kept', { migrateState: () => () => {} }, 'CFP_STATE_NOT_CLONEABLE'],
  ])('that %s is told, and the state stays as it was kept (fault 52)', async (_, instance, code) => {
    const { preserver, snapshot } = await kept(1)
    const next = opened({ state, stateVersion: 2, timeouts: { restoreMs: 20 } }, {}, preserver, snapshot)
    expect(await rejection(next.open.migrate(instance) as Promise<void>)).toMatchObject({ code })
    expect((await save(preserver, next.open)).own).toEqual({ version: 1, value: { total: 3 } })
  })
})

describe('with a store', () => {
  const inFolder = (folder: string, more: object = {}) =>
    new StatePreserver({ store: new FileStateStore({ folder }), writeDelayMs: 5, ...more })
  const countIn = async (folder: string) => (await new FileStateStore({ folder }).read('counter'))?.own?.value

  it('a change is written without any save, and is there for the next process', async () => {
    const folder = await temporaryFolder()
    const first = opened<Count>({ state }, {}, inFolder(folder))
    await first.state.update((draft) => void draft.count++)
    for (let found: unknown; found === undefined; found = await countIn(folder)) await sleep(2)
    expect(await countIn(folder)).toEqual({ count: 1 })
    const preserver = inFolder(folder)
    const second = opened<Count>({ state }, {}, preserver, await preserver.load('counter'))
    second.state.set({ count: second.state.value.count + 1 })
    await preserver.flush()
    expect(await countIn(folder)).toEqual({ count: 2 })
  })

  it('it is written beside what getReloadState gave before, and either is given back', async () => {
    const folder = await temporaryFolder()
    const preserver = inFolder(folder)
    const first = opened<Count>({ state }, {}, preserver)
    first.state.set({ count: 1 })
    await save(preserver, first.open, { getReloadState: () => ({ sessions: 5 }) })
    first.open.resume()
    first.state.set({ count: 2 })
    await preserver.flush()
    const stored = (await new FileStateStore({ folder }).read('counter')) as StateSnapshot
    expect(stored).toMatchObject({ state: { sessions: 5 }, own: { value: { count: 2 } }, enabled: true })
  })

  it('nothing is written of code that is not active yet, nor of a plugin that gives its state up', async () => {
    const folder = await temporaryFolder()
    const preserver = inFolder(folder)
    const generation = stage()
    const staged = opened<Count>({ state }, generation.owner, preserver)
    staged.state.set({ count: 1 })
    const discarding = { name: 'other', state, reload: { state: 'discard' as const } }
    opened<Count>(discarding, {}, preserver).state.set({ count: 5 })
    await preserver.flush()
    expect(await readdir(folder)).toEqual([])
    generation.show()
    await preserver.flush()
    expect(await countIn(folder)).toEqual({ count: 1 })
    generation.hide()
    staged.state.set({ count: 2 })
    await preserver.flush()
    expect(await countIn(folder)).toEqual({ count: 1 })
    generation.show()
    await preserver.flush()
    expect(await countIn(folder)).toEqual({ count: 2 })
  })

  it('large state is written less often, and is behind until it is', async () => {
    const folder = await temporaryFolder()
    const preserver = inFolder(folder, { writeDelayMs: 50_000 })
    const { state: own } = opened<{ fill: string; count: number }>({}, {}, preserver)
    own.set({ fill: 'x'.repeat(1024 * 1024), count: 1 })
    own.set({ ...own.value, count: 2 })
    expect((await preserver.load('counter'))?.own?.value).toMatchObject({ count: 2 })
    expect(await readdir(folder)).toEqual([])
    await preserver.flush()
    expect(await countIn(folder)).toMatchObject({ count: 2 })
    own.set({ ...own.value, count: 3 })
    preserver.setAside('counter')
    await preserver.flush()
    expect(await readdir(folder)).toEqual(['counter.state'])
  })

  it('shared parts are found by the next process, in files that are no plugin’s', async () => {
    const folder = await temporaryFolder()
    const first = inFolder(folder)
    const meta = resolveMeta({ name: 'counter', version: '1.0.0', state })
    await first.prepare(meta)
    expect(first.prepare(meta)).toBeUndefined()
    await opened({ state }, {}, first)
      .state.shared(Cart)
      .update((cart) => void cart.push('pen'))
    await first.flush()
    expect(await readdir(folder)).toEqual(['shared+cart.state'])
    const second = inFolder(folder)
    await second.prepare(meta)
    expect(opened({ state }, {}, second).state.shared(Cart).value).toEqual(['pen'])
  })

  it('a shared part that cannot be read begins anew, is told once, and its file is kept aside', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'shared+cart.state'), 'damaged')
    const errors: StatePreservationError[] = []
    const preserver = inFolder(folder, { onStoreError: (error: StatePreservationError) => errors.push(error) })
    await preserver.prepare(resolveMeta({ name: 'counter', version: '1.0.0', state }))
    expect(errors).toMatchObject([{ code: 'CFP_STATE_FILE_DAMAGED' }])
    const cart = opened({ state }, {}, preserver).state.shared(Cart)
    expect(cart.value).toEqual([])
    cart.set(['new'])
    await preserver.flush()
    expect((await readdir(folder)).toSorted()).toEqual([
      'shared+cart.state',
      expect.stringMatching(/^shared\+cart\.state\.refused-\d+$/),
    ])
  })

  it('files of the format before this one are read, and what has no such state is still written in it', async () => {
    const folder = await temporaryFolder()
    // Written by the version before `context.state` was kept.
    const files = {
      plain:
        'Y2ZwcwEAAAAAAAAhQnof5lm7EADK3SvoKZMDNOdc6l8XJsxQv42qVH18LMnSsshr8pfwf/8PQQciBXBsYWluSQRUSWBURm8iBWNvdW50SQZ7ASQABw==',
      flat: 'Y2ZwcwEAAAAAAAC9Qnof5lm8MADQE52BAmw35xourCDqNzqcpZ+UkbTQNAJJVLHKilaQaf8PQQciBGZsYXRJBFRJpAJGVEEEQQYiBUFycmF5X0EBSQIkAAFBAUkAJAABQQAkAABJACQABkEGIgZPYmplY3RfQQJJBEkGJAACQQJJAEkCJAACQQIiAmF0IgRiYXJlJAACSQAkAAZBBiIERGF0ZUQAAAAAAAAUQEEBIgF4JAABQQAkAABBASIEbm90ZSQAAUkAJAAGQQYiBG51bGxfQQFJAiQAAUEAJAAAQQEiAWEkAAFJACQABiQABCQABw==',
      sealed:
        'Y2ZwcwEBAAAAAAAiQnof5lm9UAD8hiFHqgOuPdGkEydACEIzKVZ0NuBdGgv/HyCkio4HWVMLKF3iF4iFTic4VX/bFsucvCKt5vo6ORArYHXjLg==',
    }
    for (const [name, bytes] of Object.entries(files))
      await writeFile(join(folder, `${name}.state`), Buffer.from(bytes, 'base64'))
    const store = new FileStateStore({ folder })
    expect(await store.read('plain')).toMatchObject({ version: 2, state: { count: 3 }, own: undefined })
    const at = Object.assign(new Date(5), { note: 'x' })
    expect((await store.read('flat'))?.state).toEqual({ at, bare: Object.assign(Object.create(null), { a: 1 }) })
    const sealed = new FileStateStore({ folder, key: Buffer.alloc(32, 7) })
    expect((await sealed.read('sealed'))?.state).toEqual({ count: 4 })
    const preserver = inFolder(folder)
    const { open, state: own } = opened<Count>({ state }, {}, preserver, await preserver.load('plain'))
    expect(own.value).toEqual({ count: 0 })
    await save(preserver, open, { getReloadState: () => 1 })
    await preserver.flush()
    expect((await readFile(join(folder, 'counter.state')))[4]).toBe(1)
  })
})

test('a process that is killed loses what it changed since its last write, and nothing before that (fault 54)', async () => {
  const script = await buildChild('state-counter.ts')
  const folder = await temporaryFolder()
  let before = 0
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let out = ''
    child.stdout.on('data', (data) => {
      out += data
    })
    const lines = () =>
      out
        .slice(0, out.lastIndexOf('\n') + 1)
        .trim()
        .split('\n')
    const written = () =>
      lines()
        .filter((line) => line.startsWith('written'))
        .map((line) => Number(line.split(' ')[1]))
    await until(() => written().length >= 3)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.on('close', resolve))
    const first = Number(lines()[0]?.split(' ')[1])
    const counted = Number(
      lines()
        .findLast((line) => line.startsWith('counted'))
        ?.split(' ')[1],
    )
    const snapshot = (await new FileStateStore({ folder }).read('counter')) as StateSnapshot
    const kept = (snapshot.own as { value: Count }).value.count
    // It went on where the one before ended, nobody ever called save(), and what was told to be on the disk is there.
    expect(first).toBe(before)
    expect(kept).toBeGreaterThanOrEqual(written().at(-1) as number)
    expect(kept).toBeGreaterThan(before)
    expect(kept).toBeLessThanOrEqual(counted + 1)
    before = kept
  }
}, 30_000)
