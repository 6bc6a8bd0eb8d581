// What a plugin finds out about the rest of its context.
import { EventEmitter } from 'node:events'
import { Cart, caught, Helper, Narrow, nothing, type Probes, thrownBy, until } from './probing.ts'

export const OTHER_PROBES: Probes = {
  'its facts': ({ name, generation, reason, meta, config, signal, shared, app }) => ({
    facts: [name, generation, reason, config.depth, config.since.getTime(), signal.aborted, shared.site, typeof app],
    meta: { ...meta, config: typeof meta.config, execution: 'either' },
    isFrozen: [meta, meta.permissions, meta.state, meta.timeouts].map((each) => Object.isFrozen(each)),
  }),

  'members that were taken out of it': async (context) => {
    const { on, emit, publish, hooks, pipeline, every, after, own, inject, provide, listen, state } = context
    const { on: onHook, call } = hooks
    const { set, update, shared, transaction, watch } = state
    const heard: unknown[] = []
    const undos = [on('told.a', (payload) => heard.push(payload)), onHook('probe.out', () => 7), every(1000, nothing)]
    undos.push(after(1000, nothing), listen(new EventEmitter(), 'x', nothing), watch(nothing))
    await emit('told.a', 1)
    publish('told.b', 2)
    own(nothing)
    set({ count: 1, list: [] })
    const updated = await update((draft) => void draft.count++)
    await transaction((each) => each.set({ count: 9, list: [] }))
    const results = [await call('probe.out'), pipeline('probe.out').name, await inject(Helper).add(1, 2)]
    const undone = [typeof provide, shared(Cart).value, state.value, updated]
    for (const undo of undos) undo()
    return [heard, results, undone]
  },

  'handlers that are refused': ({ on, hooks, pipeline, every, after, listen, own }) => [
    thrownBy(() => on('allowed.x', 'no' as never)),
    thrownBy(() => on('allowed.x', null as never)),
    thrownBy(() => on('', nothing)),
    thrownBy(() => on(undefined as never, nothing)),
    thrownBy(() => on('allowed.x', nothing, { priorty: 1 } as never)),
    thrownBy(() => on('allowed.x', nothing, { timeoutMs: -1 })),
    thrownBy(() => on('allowed.x', nothing, { condition: 5 } as never)),
    thrownBy(() => on('allowed.x', nothing, { before: 'probe' })),
    thrownBy(() => on('allowed.x', nothing, null as never)),
    thrownBy(() => hooks.on('probe.x', 5 as never)),
    thrownBy(() => hooks.on('probe.x', nothing, { batch: {} } as never)),
    thrownBy(() => hooks.on('other.x', nothing)),
    thrownBy(() => hooks.on(Narrow, ((_one: number, _other: number) => 1) as never)),
    thrownBy(() => pipeline('probe.x').step('a', 5 as never)),
    thrownBy(() => pipeline('probe.x').step('', nothing)),
    thrownBy(() => pipeline('probe.x').step('a', nothing, { undo: 5 } as never)),
    thrownBy(() => pipeline('probe.x').step('a', nothing, { once: true } as never)),
    thrownBy(() => pipeline('other.x').step('a', nothing)),
    thrownBy(() => every(-1, nothing)),
    thrownBy(() => every(10, 'no' as never)),
    thrownBy(() => after(Number.NaN, nothing)),
    thrownBy(() => listen(new EventEmitter(), 'x', 5 as never)),
    thrownBy(() => own({} as never)),
    thrownBy(() => own(5 as never)),
  ],

  'services of others': async ({ inject }) => {
    const helper = inject(Helper)
    return [
      await helper.add(1, 2),
      await caught(() => helper.fail('broken')),
      helper.version,
      helper.limits,
      await helper.nested.twice(4),
      inject(Helper) === helper,
      inject('helper') === helper,
      await helper.isMine(helper),
      await helper.call((value) => value + 1, 41),
      await caught(() =>
        helper.call(() => {
          throw new RangeError('mine')
        }, 1),
      ),
      inject('missing', { optional: true }),
      (inject('part', { all: true }) as { readonly part: string }[]).map(({ part }) => part),
    ]
  },

  'services that are refused': ({ inject, provide }) => [
    thrownBy(() => inject('undeclared')),
    thrownBy(() => inject('secret')),
    thrownBy(() => inject('missing')),
    thrownBy(() => inject('unlisted', { all: true })),
    thrownBy(() => inject('secret', { optional: true })),
    thrownBy(() => provide('undeclared', {})),
    thrownBy(() => provide('probe.each', {} as never, { scope: 'plugin' } as never)),
  ],

  timers: async ({ every, after }) => {
    const calls: string[] = []
    const undo = every(1, async () => void calls.push('every'))
    after(1, () => void calls.push('after'))
    const never = after(1, () => void calls.push('never'))
    never()
    await until(() => calls.filter((call) => call === 'every').length >= 3 && calls.includes('after'))
    undo()
    const count = calls.length
    await new Promise((resolve) => setTimeout(resolve, 20))
    return [calls.length - count, calls.filter((call) => call !== 'every')]
  },

  'what it listens to': async ({ listen }) => {
    const emitter = new EventEmitter()
    const target = new EventTarget()
    const heard: unknown[] = []
    const undo = listen(emitter, 'told', (...args: never[]) => void heard.push(args.length, ...args))
    listen(target, 'told', (event: Event) => void heard.push(event.type, event.target === target))
    const socket = { of: emitter, run: nothing }
    emitter.emit('told', 1, socket)
    target.dispatchEvent(new Event('told'))
    await until(() => heard.length === 5)
    const isItself = heard[2] === socket
    const many: number[] = []
    listen(emitter, 'many', (number: number) => many.push(number))
    for (let number = 0; number < 2000; number++) emitter.emit('many', number)
    await until(() => many.length === 2000)
    undo()
    emitter.emit('told', 2)
    return [
      heard.filter((each) => each !== socket),
      isItself,
      emitter.listenerCount('told'),
      many.every((number, at) => number === at),
    ]
  },

  'what it writes to the log': ({ logger }) => {
    logger.debug('a debug line')
    logger.info({ user: { id: 7 } }, 'with details')
    logger.warn({ err: new TypeError('in details') }, 'with an error')
    logger.error(new RangeError('an error alone'))
    logger.child?.({ request: 5 }).info('of a child')
    logger.child?.({ request: 5 }).child?.({ step: 6 }).info({ more: 1 }, 'of a child of that')
    return typeof logger.child
  },
}
