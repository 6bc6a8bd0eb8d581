// Pipelines whose plugins are replaced while runs are on their way.
import { PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { type PipelineError, Pipelines } from '../src/index.ts'
import { QueueGate } from './queue-gate.ts'
import { codeOf, deferred, until } from './support.ts'

/** One plugin behind a gate among steps of the host, and whatever number of generations of it. */
function reloadable() {
  const gate = new QueueGate()
  const pipelines = new Pipelines()
  const owner = { name: 'reloaded', rank: 1, gate }
  const words = pipelines.get<string[]>('words')
  const add = (name: string) => (list: readonly string[]) => [...list, name]
  return { gate, pipelines, words, add, generation: () => pipelines.stage(owner) }
}

describe('a step', () => {
  it('is in flight until it is done: sync, async, failed or given up', async () => {
    const { gate, pipelines, words, generation } = reloadable()
    const stage = generation()
    const done = deferred<undefined>()
    let during = 0
    stage.on('words', 'sync', () => {
      during = gate.inFlight
    })
    stage.on('words', 'async', () => done.promise)
    stage.on('words', 'hangs', () => new Promise(() => undefined), { timeoutMs: 10 })
    stage.commit()
    const run = words.run([])
    expect([during, gate.inFlight]).toEqual([1, 1])
    done.resolve(undefined)
    expect(await codeOf(() => run)).toBe('CFP_PIPELINE_FAILED')
    expect(gate.inFlight).toBe(0)
    expect(pipelines.handlers('words').map(({ calls, failures }) => [calls, failures])).toEqual([
      [1, 0],
      [1, 0],
      [1, 1],
    ])
  })

  it('is counted once a run, whatever it takes to call it', async () => {
    const { pipelines, words, add, generation } = reloadable()
    const stage = generation()
    stage.on('words', 'usual', add('usual'))
    stage.on('words', 'async', async (list: string[]) => add('async')(list), { timeoutMs: 1000 })
    stage.commit()
    // So many that most of them are not looked at.
    for (let n = 0; n < 1000; n++) await words.run([])
    expect(pipelines.handlers('words').map(({ calls }) => calls)).toEqual([1000, 1000])
  })

  it('is not there before the commit of its stage, and gone with it', async () => {
    const { words, add, generation } = reloadable()
    const stage = generation()
    stage.on('words', 'one', add('one'))
    expect(await words.run([])).toEqual([])
    stage.commit()
    expect(await words.run([])).toEqual(['one'])
    stage.discard()
    expect(await words.run([])).toEqual([])
    expect(await codeOf(() => stage.on('words', 'two', add('two')))).toBe('CFP_STAGE_DISCARDED')
  })

  it('waits at a closed gate for the next generation, at its place among the others (fault 55)', async () => {
    const { gate, words, add, generation } = reloadable()
    const [old, next] = [generation(), generation()]
    old.on('words', 'first', add('old first'), { priority: 'high' })
    old.on('words', 'last', add('old last'), { priority: 'low' })
    next.on('words', 'first', add('new first'), { priority: 'high' })
    next.on('words', 'last', add('new last'), { priority: 'low' })
    words.step('between', add('host'))
    old.commit()
    gate.close()
    const runs = [words.run(['1']), words.run(['2'])]
    old.withdraw()
    next.commit()
    gate.open()
    expect(await Promise.all(runs)).toEqual([
      ['1', 'new first', 'host', 'new last'],
      ['2', 'new first', 'host', 'new last'],
    ])
    expect(gate.inFlight).toBe(0)
  })

  it('that is replaced while the run is elsewhere is run by the next generation (fault 55)', async () => {
    const { words, add, generation } = reloadable()
    const [old, next] = [generation(), generation()]
    const there = deferred<undefined>()
    words.step('elsewhere', () => there.promise, { priority: 'high' })
    old.on('words', 'same', add('old'))
    next.on('words', 'same', add('new'))
    old.commit()
    const run = words.run([])
    old.withdraw()
    next.commit()
    there.resolve(undefined)
    expect(await run).toEqual(['new'])
  })

  it('that the next generation calls otherwise is not left out, nor one that it has moved or added', async () => {
    const { gate, words, add, generation } = reloadable()
    const [old, next] = [generation(), generation()]
    old.on('words', 'done', add('old done'), { priority: 'high' })
    old.on('words', 'validate', add('old validate'))
    old.on('words', 'moved', add('old moved'), { priority: 'low' })
    words.step('elsewhere', add('host'), { priority: 'high' })
    old.commit()
    next.on('words', 'moved', add('moved up'), { priority: 200 })
    next.on('words', 'too early', add('too early'), { priority: 150 })
    next.on('words', 'done', add('done again'), { priority: 'low' })
    next.on('words', 'check', add('check, once validate'))
    const held = deferred<undefined>()
    words.step('holds', () => held.promise, { priority: 90 })
    const run = words.run([])
    gate.close()
    held.resolve(undefined)
    await until(() => gate.parked === 1)
    old.withdraw()
    next.commit()
    gate.open()
    expect(await run).toEqual(['host', 'old done', 'moved up', 'check, once validate'])
  })

  it('of a group waits for its plugin while the others run', async () => {
    const { gate, pipelines, generation } = reloadable()
    const objects = pipelines.get<Record<string, number>>('objects')
    const [old, next] = [generation(), generation()]
    let hosts = 0
    objects.step('host', () => ({ host: ++hosts }), { group: 'all' })
    old.on('objects', 'parked', () => ({ plugin: 1 }), { group: 'all' })
    next.on('objects', 'parked', async () => ({ plugin: 2 }), { group: 'all' })
    old.commit()
    gate.close()
    const run = objects.run({})
    expect(hosts).toBe(1)
    old.withdraw()
    next.commit()
    gate.open()
    expect(await run).toEqual({ host: 1, plugin: 2 })
  })

  it('passes a closed gate that lets its runner through', async () => {
    const { pipelines, add } = reloadable()
    const gate = new QueueGate({ admitted: ['friend'] })
    const stage = pipelines.stage({ name: 'behind', rank: 1, gate })
    stage.on('words', 'one', add('one'))
    stage.commit()
    gate.close()
    expect(await pipelines.runAs('friend', 'words', [])).toEqual(['one'])
  })

  it('that cannot wait fails the run, which is undone (fault 56)', async () => {
    const { gate, pipelines, words, add, generation } = reloadable()
    const stage = generation()
    const undone: string[] = []
    words.step('first', add('first'), { undo: () => undone.push('first'), priority: 'high' })
    stage.on('words', 'second', add('second'))
    stage.commit()
    gate.close()
    const run = words.run([])
    gate.refuse(new PluginError('CFP_STOPPED', 'It was stopped.'))
    await expect(run).rejects.toMatchObject({ step: 'second', plugin: 'reloaded', cause: { code: 'CFP_STOPPED' } })
    expect(undone).toEqual(['first'])

    const full = new QueueGate({ limit: 0 })
    const other = pipelines.stage({ name: 'busy', rank: 2, gate: full })
    other.on('others', 'one', add('one'))
    other.commit()
    full.close()
    await expect(pipelines.get('others').run([])).rejects.toMatchObject({ cause: { code: 'CFP_PLUGIN_BUSY' } })
  })

  it('that waits at a gate is not called once the run is cancelled', async () => {
    const { gate, words, add, generation } = reloadable()
    const stage = generation()
    let called = 0
    stage.on('words', 'one', (list: string[]) => {
      called++
      return add('one')(list)
    })
    stage.commit()
    gate.close()
    const controller = new AbortController()
    const run = words.run([], { signal: controller.signal })
    controller.abort()
    expect(await codeOf(() => run)).toBe('CFP_PIPELINE_ABORTED')
    gate.open()
    expect(called).toBe(0)
  })
})

describe('undoing', () => {
  /** A run that has passed the plugin's step, and fails when it is told. */
  function passed() {
    const of = reloadable()
    const [old, next] = [of.generation(), of.generation()]
    const fails = deferred<undefined>()
    const undone: string[] = []
    const undo =
      (name: string) =>
      (_list: unknown, { own }: { own: Map<string, unknown> }) =>
        undone.push(`${name} undoes ${own.get('what')}`)
    old.on('words', 'one', (_list, { own }) => void own.set('what', 'what old did'), { undo: undo('old') })
    of.words.step('fails', () => fails.promise, { priority: 'low' })
    old.commit()
    const run = of.words.run([]).then(
      () => undefined,
      (error: unknown) => error as PipelineError,
    )
    return { ...of, old, next, undone, undo, run, fail: () => fails.reject(new Error('no')) }
  }

  it("is the next generation's where the plugin was replaced, by the same name", async () => {
    const { old, next, undone, undo, run, fail } = passed()
    next.on('words', 'one', () => undefined, { undo: undo('new') })
    old.withdraw()
    next.commit()
    fail()
    expect((await run)?.undone).toEqual(['one'])
    expect(undone).toEqual(['new undoes what old did'])
  })

  it('waits at a closed gate for that', async () => {
    const { gate, old, next, undone, undo, run, fail } = passed()
    next.on('words', 'one', () => undefined, { undo: undo('new') })
    gate.close()
    fail()
    await until(() => gate.parked === 1)
    old.withdraw()
    next.commit()
    expect(undone).toEqual([])
    gate.open()
    expect((await run)?.undone).toEqual(['one'])
    expect([undone, gate.inFlight]).toEqual([['new undoes what old did'], 0])
  })

  it('that has waited at a gate for too long is not called any more', async () => {
    const { gate, pipelines, generation } = reloadable()
    const stage = generation()
    let undone = 0
    stage.on('numbers', 'one', () => undefined, { undo: () => undone++, timeoutMs: 20 })
    stage.commit()
    const numbers = pipelines.get<number>('numbers')
    const fails = deferred<undefined>()
    numbers.step('fails', () => fails.promise, { priority: 'low' })
    const run = numbers.run(1).catch((error: unknown) => error as PipelineError)
    gate.close()
    fails.reject(new Error('no'))
    expect(await run).toMatchObject({ undone: [], undoFailures: [{ error: { code: 'CFP_HANDLER_TIMEOUT' } }] })
    gate.open()
    expect(undone).toBe(0)
  })

  it('of a plugin that is gone is told as failed', async () => {
    const { old, undone, run, fail } = passed()
    old.discard()
    fail()
    expect(await run).toMatchObject({
      undone: [],
      undoFailures: [{ step: 'one', plugin: 'reloaded', error: { code: 'CFP_UNDO_GONE' } }],
    })
    expect(undone).toEqual([])
  })
})
