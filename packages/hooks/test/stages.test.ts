// What one generation registered appears and goes as a whole.
import type { EventHandler, HookHandler } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { type HandlerStage, PluginEvents, PluginHooks } from '../src/index.ts'
import { codeOf, deferred } from './support.ts'

interface Target {
  readonly stage: (name: string, rank: number) => HandlerStage<EventHandler & HookHandler>
  readonly plugins: (name: string) => string[]
  readonly dispatch: (name: string) => Promise<unknown>
}

function over(target: PluginEvents | PluginHooks): Target {
  return {
    stage: (name, rank) => target.stage({ name, rank }) as HandlerStage<EventHandler & HookHandler>,
    plugins: (name) => target.listeners(name).map(({ plugin }) => plugin),
    dispatch: (name) => (target instanceof PluginEvents ? target.emit(name) : target.call(name)),
  }
}

describe.each([
  ['PluginEvents', () => over(new PluginEvents())],
  ['PluginHooks', () => over(new PluginHooks())],
] as const)('a stage of %s', (_, create) => {
  it('calls nothing before its commit, everything after it, and at once what is registered later', async () => {
    const target = create()
    const stage = target.stage('a', 1)
    const called: string[] = []
    stage.on('x', () => called.push('early'))
    await target.dispatch('x')
    expect([stage.live, called, target.plugins('x')]).toEqual([false, [], []])
    stage.commit()
    stage.commit()
    stage.on('x', () => called.push('later'))
    await target.dispatch('x')
    expect([stage.live, called, target.plugins('x')]).toEqual([true, ['early', 'later'], ['a', 'a']])
  })

  it('is taken out of sight and brought back, without what was undone meanwhile and with what was added', async () => {
    const target = create()
    const stage = target.stage('a', 1)
    const called: string[] = []
    const undo = stage.on('x', () => called.push('undone'))
    stage.on('x', () => called.push('kept'))
    stage.commit()
    stage.withdraw()
    stage.withdraw()
    await target.dispatch('x')
    expect([stage.live, called]).toEqual([false, []])
    undo()
    undo()
    stage.on('x', () => called.push('added'))
    stage.commit()
    await target.dispatch('x')
    expect(called).toEqual(['kept', 'added'])
  })

  it('keeps the plugin at its place when a reload swaps generations', async () => {
    const target = create()
    const generations: string[] = []
    const [first, other] = [target.stage('reloaded', 1), target.stage('other', 2)]
    first.on('x', () => generations.push('old'))
    other.on('x', () => generations.push('other'))
    first.commit()
    other.commit()
    const second = target.stage('reloaded', 1)
    second.on('x', () => generations.push('new'))
    first.withdraw()
    second.commit()
    first.discard()
    await target.dispatch('x')
    expect(generations).toEqual(['new', 'other'])
  })

  it('takes nothing more once it is discarded, and its undos do nothing', async () => {
    const target = create()
    const stage = target.stage('a', 1)
    const undo = stage.on('x', () => undefined)
    stage.commit()
    stage.discard()
    stage.discard()
    undo()
    stage.withdraw()
    expect(target.plugins('x')).toEqual([])
    expect(await codeOf(() => stage.on('x', () => undefined))).toBe('CFP_STAGE_DISCARDED')
    expect(await codeOf(() => stage.commit())).toBe('CFP_STAGE_DISCARDED')
    expect(stage.live).toBe(false)
  })

  it('does not bring back what ran once', async () => {
    const target = create()
    const stage = target.stage('a', 1)
    let runs = 0
    stage.on('x', () => runs++, { once: true })
    stage.commit()
    await target.dispatch('x')
    stage.withdraw()
    stage.commit()
    await target.dispatch('x')
    expect(runs).toBe(1)
  })

  it('that is withdrawn while a dispatch runs gets no call any more', async () => {
    const target = create()
    const [first, second] = [target.stage('a', 1), target.stage('b', 2)]
    const called: string[] = []
    first.on('x', () => second.withdraw())
    second.on('x', () => called.push('withdrawn'))
    first.commit()
    second.commit()
    await target.dispatch('x')
    expect(called).toEqual([])
  })

  it('comes before a younger one of the same rank, whichever is committed first', async () => {
    const target = create()
    const [older, younger] = [target.stage('older', 1), target.stage('younger', 1)]
    older.on('x', () => undefined)
    younger.on('x', () => undefined)
    younger.commit()
    older.commit()
    expect(target.plugins('x')).toEqual(['older', 'younger'])
  })

  it('that replaces another while a dispatch runs is not called where it takes a handler back itself', async () => {
    const target = create()
    const [first, old, next] = [target.stage('a', 1), target.stage('b', 2), target.stage('b', 2)]
    const called: string[] = []
    first.on('x', () => {
      old.withdraw()
      next.commit()
    })
    old.on('x', () => called.push('old'))
    next.on('x', () => undo())
    const undo = next.on('x', () => called.push('taken back'))
    first.commit()
    old.commit()
    await target.dispatch('x')
    expect(called).toEqual([])
  })

  it('that replaces another while a dispatch runs gets the calls of the one before it', async () => {
    const target = create()
    const [first, old, next] = [target.stage('a', 1), target.stage('b', 2), target.stage('b', 2)]
    const called: string[] = []
    first.on('x', () => {
      old.withdraw()
      next.commit()
    })
    for (const [stage, name] of [
      [old, 'old'],
      [next, 'new'],
    ] as const) {
      stage.on('x', () => called.push(`${name} 1`))
      stage.on('x', () => called.push(`${name} 2`))
    }
    first.commit()
    old.commit()
    await target.dispatch('x')
    expect(called).toEqual(['new 1', 'new 2'])
  })
})

it('a hook that waits between two handlers of a plugin gives the second to the generation that is live by then', async () => {
  const hooks = new PluginHooks()
  const [old, next] = [hooks.stage({ name: 'b', rank: 2 }), hooks.stage({ name: 'b', rank: 2 })]
  const pause = deferred()
  hooks.on('x', () => pause.promise)
  for (const [stage, name] of [
    [old, 'old'],
    [next, 'new'],
  ] as const) {
    stage.on('x', () => `${name} high`, { priority: 'high' })
    stage.on('x', () => `${name} low`, { priority: 'low' })
  }
  old.commit()
  const called = hooks.call('x')
  old.withdraw()
  next.commit()
  pause.resolve()
  expect(await called).toEqual(['old high', undefined, 'new low'])
})
