// Who blocks the event loop: told with the plugin, what of it, and the line to add; and nobody who only takes long.
import { EventEmitter } from 'node:events'
import { blockedChannel, type LoopBlock } from '@cf-plugins/hooks'
import {
  BasePlugin,
  definePlugin,
  type PluginContext,
  type PluginRecord,
  plugin as pluginDecorator,
} from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LifecycleOptions } from '../src/index.ts'
import { SmallThreads } from './small-threads.ts'
import { logTo, plugin, sleep, started, until } from './support.ts'

/** Runs for so long without giving way. */
function block(ms = 130): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const file = '/app/plugins/parser.ts'
const place = { file, generation: 1, files: [file] }

/** A started lifecycle, and what its log is told, with `N` for the milliseconds. */
async function watched(records: readonly PluginRecord[], options: Partial<LifecycleOptions> = {}) {
  const log: string[] = []
  // Not the default of 50 ms, for on a busy machine anything may take that long.
  const lifecycle = await started(records, { logger: logTo(log), handlerPolicy: { blockMs: 100 }, ...options })
  const told = () => log.filter((line) => line.includes('event loop')).map((line) => line.replace(/\d+ ms/, 'N ms'))
  return { lifecycle, told, log }
}

/** The plugin `parser`, by what it does with its context. */
const parser = (use: (context: PluginContext) => object | undefined) =>
  plugin({ name: 'parser' }, (_app, context) => use(context) ?? {}, { file })

const REMEDY = "nothing else ran meanwhile. Write execution: 'worker' in PLUGIN_META, and it runs in a thread."
const of = (what: string) => `warn: Plugin "parser" blocked the event loop for N ms in ${what} (${file}): ${REMEDY}`

describe('a plugin that blocks the event loop', () => {
  it.each([
    ['register', of('register()'), () => block()],
    ['setup', of('setup()'), () => ({ setup: () => block() })],
    [
      'setup, before it awaits',
      of('setup()'),
      () => ({
        setup: async () => {
          block()
          await sleep(1)
        },
      }),
    ],
  ] as const)('is told as it starts: %s', async (_what, line, use) => {
    const { told } = await watched([parser((() => use()) as never)])
    expect(told()).toEqual([line])
  })

  it('is told in its other hooks: onDisable, onEnable, health, onConfigChange, teardown', async () => {
    const { lifecycle, told } = await watched([
      parser(() => ({
        onDisable: () => block(),
        onEnable: () => block(),
        health: () => {
          block()
          return { status: 'healthy' }
        },
        onConfigChange: () => block(),
        teardown: () => block(),
      })),
    ])
    await lifecycle.disable('parser')
    await lifecycle.enable('parser')
    await lifecycle.health('parser')
    await lifecycle.reconfigure(new Map([['parser', { changed: true }]]))
    await lifecycle.stop()
    const hooks = ['onDisable', 'onEnable', 'health', 'onConfigChange', 'teardown']
    expect(told()).toEqual(hooks.map((hook) => of(`${hook}()`)))
  })

  it('is told where it gives its state, and where it takes it, in a reload', async () => {
    const stateful = (generation: number) =>
      plugin(
        { name: 'parser' },
        () => ({
          getReloadState: () => {
            block()
            return { generation }
          },
          setReloadState: () => block(),
        }),
        { file, generation },
      )
    const { lifecycle, told } = await watched([stateful(1)])
    expect((await lifecycle.reload({ set: [stateful(2)] })).outcome).toBe('committed')
    expect(told()).toEqual([of('getReloadState()'), of('setReloadState()')])
  })

  it('is told in a handler of an event, of a hook, in handleEvent, and in a step of a pipeline', async () => {
    const { lifecycle, told } = await watched([
      parser(({ on, hooks, pipeline }) => {
        on('file.saved', () => block())
        hooks.on('parse', () => block())
        pipeline('files').step('parse', () => block())
      }),
      plugin({ name: 'shape', events: ['told'] }, () => ({ handleEvent: () => block() })),
    ])
    await lifecycle.events.emit('file.saved')
    lifecycle.hooks.callSync('parse')
    await lifecycle.pipelines.runAs('host', 'files', {})
    await lifecycle.events.emit('told')
    expect(told()).toEqual([
      of('its handler of "file.saved"'),
      of('its handler of "parse"'),
      of('its step "parse" of "files"'),
      `warn: Plugin "shape" blocked the event loop for N ms in its handler of "told": ${REMEDY}`,
    ])
  })

  it('is told in its timers, in its listeners, and where the host uses its service', async () => {
    const emitter = new EventEmitter()
    const { lifecycle, told } = await watched([
      parser(({ every, after, listen }) => {
        const undo = every(1, () => {
          undo()
          block()
        })
        after(1, () => block())
        listen(emitter, 'request', () => block())
        return { parse: () => block() }
      }),
    ])
    emitter.emit('request')
    await lifecycle.use('parser', (service) => (service as { parse(): void }).parse())
    await until(() => told().length === 4)
    expect(told().sort()).toEqual(
      [
        of('a task of after()'),
        of('a task of every()'),
        of('its listener of "request"'),
        of('its service "parser", or its host did that used it'),
      ].sort(),
    )
  })

  it('is given the line in the form in which it is written', async () => {
    const definition = definePlugin({ name: 'defined', version: '1.0.0', setup: () => block() })
    @pluginDecorator({ name: 'decorated', version: '1.0.0' })
    class Decorated extends BasePlugin {
      override setup() {
        block()
      }
    }
    const records = [definition, { default: Decorated }].map((module) => toPluginRecord(module, place))
    const { told } = await watched(records)
    expect(told().map((line) => line.slice(line.indexOf('Write')))).toEqual([
      "Write execution: 'worker' in definePlugin({ ... }), and it runs in a thread.",
      "Write execution: 'worker' in @plugin({ ... }), and it runs in a thread.",
    ])
  })

  it('is given the option of the handler, where its file exports that', async () => {
    const exported = { parse: (_payload: unknown) => block(), step: () => block() }
    for (const strayErrors of [false, true]) {
      const threads = Object.assign(new SmallThreads(exported as never), {
        exportNameOf: (_record: PluginRecord, given: unknown) =>
          Object.entries(exported).find(([, each]) => each === given)?.[0],
      })
      const use = ({ on, pipeline }: PluginContext) => {
        on('file.saved', exported.parse)
        pipeline('files').step('parse', exported.step)
        on('told', () => block())
        return undefined
      }
      const { lifecycle, told } = await watched([parser(use)], { threads, strayErrors })
      await lifecycle.events.emit('file.saved')
      await lifecycle.pipelines.runAs('host', 'files', {})
      await lifecycle.events.emit('told')
      expect(told().map((line) => line.slice(line.indexOf('Write')))).toEqual([
        'Write { offload: true } in the options of that handler, and it runs in a thread.',
        'Write { offload: true } in the options of that step, and it runs in a thread.',
        "Write execution: 'worker' in PLUGIN_META, and it runs in a thread.",
      ])
      await lifecycle.stop()
    }
  })

  it('is not sent into a thread as a whole where it holds something, which no thread can', async () => {
    const { lifecycle, told } = await watched([
      parser(({ hold, on }) => ({
        setup: async () => {
          await hold('port', () => ({ close() {} }))
          on('file.saved', () => block())
        },
      })),
    ])
    await lifecycle.events.emit('file.saved')
    expect(told().map((line) => line.slice(line.indexOf('A plugin')))).toEqual([
      "A plugin that holds something cannot run in a thread: move what blocks into a handler that its file exports, with { offload: true }, or into a plugin of its own with execution: 'worker'.",
    ])
  })

  it('is given the other line where nobody can tell what its file exports, and fails of nothing', async () => {
    const exportNameOf = () => {
      throw new Error('the file cannot be read')
    }
    const threads = Object.assign(new SmallThreads(), { exportNameOf })
    const use = ({ on }: PluginContext) => void on('saved', () => block())
    const { lifecycle, told } = await watched([parser(use as never)], { threads })
    expect((await lifecycle.events.emit('saved')).failures).toEqual([])
    expect(told()).toEqual([of('its handler of "saved"')])
  })

  it('is told to give less to its thread, where that is what takes so long', async () => {
    const exported = { parse: (_payload: unknown) => undefined }
    const threads = new SmallThreads(exported as never)
    const offload = threads.offload.bind(threads)
    threads.offload = (record, task) => {
      const { release } = offload(record, task)
      return { release, call: async () => block() }
    }
    const use = ({ on }: PluginContext) => void on('file.saved', exported.parse, { offload: true })
    const { lifecycle, told } = await watched([parser(use as never)], { threads })
    await lifecycle.events.emit('file.saved')
    // Starting a thread may take its time too.
    expect(told().filter((line) => line.includes('handler'))).toEqual([
      `warn: Plugin "parser" blocked the event loop for N ms in its handler of "file.saved" (${file}): nothing else ran meanwhile. It runs in a thread, and what it is given took so long to copy: give it less, or transfer() it.`,
    ])
  })

  it('is told once a minute to the log, by what of it it was, and each time to observers', async () => {
    const blocks: LoopBlock[] = []
    const listener = (message: unknown) => void blocks.push(message as LoopBlock)
    blockedChannel.subscribe(listener)
    onTestFinished(() => void blockedChannel.unsubscribe(listener))
    const { lifecycle, told } = await watched([parser(({ on }) => void on('saved', () => block()) as never)])
    for (let emitted = 0; emitted < 3; emitted++) await lifecycle.events.emit('saved')
    expect(told().length).toBe(1)
    expect(blocks.filter(({ host }) => host === lifecycle.id)).toMatchObject(
      Array.from({ length: 3 }, () => ({ plugin: 'parser', generation: 1, kind: 'event', name: 'saved' })),
    )
    for (const { blockedMs } of blocks) expect(blockedMs).toBeGreaterThan(99)
  })

  it('is told anew of its new code', async () => {
    const busy = (generation: number) =>
      plugin({ name: 'parser', events: ['saved'] }, () => ({ handleEvent: () => block() }), { file, generation })
    const { lifecycle, told } = await watched([busy(1)])
    await lifecycle.events.emit('saved')
    await lifecycle.reload({ set: [busy(2)] })
    await lifecycle.events.emit('saved')
    await lifecycle.events.emit('saved')
    expect(told()).toEqual([of('its handler of "saved"'), of('its handler of "saved"')])
  })

  it('is told from 50 ms on, where the host says nothing', async () => {
    const { lifecycle, told } = await watched([parser(({ on }) => void on('saved', () => block(60)) as never)], {
      handlerPolicy: {},
    })
    await lifecycle.events.emit('saved')
    expect(told()).toContain(of('its handler of "saved"'))
  })

  it('is not told where the host does not want to know', async () => {
    const use = ({ on, after }: PluginContext) => {
      on('saved', () => block())
      after(1, () => block())
      return { setup: () => block(), done: true }
    }
    const { lifecycle, told } = await watched([parser(use)], { handlerPolicy: { blockMs: false } })
    await lifecycle.events.emit('saved')
    await lifecycle.use('parser', () => block())
    await sleep(200)
    expect(told()).toEqual([])
  })

  it('is told as the host, where it is a handler of the host’s own', async () => {
    const { lifecycle, told } = await watched([])
    lifecycle.events.on('saved', () => block())
    await lifecycle.events.emit('saved')
    expect(told()).toEqual([
      'warn: The host blocked the event loop for N ms in its handler of "saved": nothing else ran meanwhile.',
    ])
  })
})

describe('a plugin that does not block the event loop', () => {
  it('is not told where it takes long and awaits, in whatever of it', async () => {
    const emitter = new EventEmitter()
    const slow = () => sleep(200)
    const { lifecycle, told } = await watched([
      parser(({ on, hooks, pipeline, after, listen }) => {
        on('saved', slow)
        hooks.on('parse', slow)
        pipeline('files').step('parse', slow as never)
        after(1, slow)
        listen(emitter, 'request', slow)
        return { setup: slow, teardown: slow, onDisable: slow, parse: slow }
      }),
    ])
    emitter.emit('request')
    await Promise.all([
      lifecycle.events.emit('saved'),
      lifecycle.hooks.call('parse'),
      lifecycle.pipelines.runAs('host', 'files', {}),
      lifecycle.use('parser', (service) => (service as { parse(): unknown }).parse()),
    ])
    await lifecycle.disable('parser')
    await lifecycle.stop()
    expect(told()).toEqual([])
  })

  it('is not told of what others did that it set off, from a hook, a timer and a listener', async () => {
    const emitter = new EventEmitter()
    const caller = plugin({ name: 'caller' }, (_app, { publish, after, listen }) => {
      after(1, () => publish('by timer'))
      listen(emitter, 'request', () => publish('by listener'))
      return { onDisable: () => publish('by hook') }
    })
    const blocker = parser(({ on }) => {
      for (const each of ['by timer', 'by listener', 'by hook']) on(each, () => block())
      return undefined
    })
    const { lifecycle, told } = await watched([caller, blocker])
    emitter.emit('request')
    await until(() => told().length === 2)
    await lifecycle.disable('caller')
    expect(told().length).toBe(3)
    expect(told().filter((line) => !line.includes('"parser" blocked'))).toEqual([])
  })
})

it('follows what is looked at over its awaits then, where the host wants that: a handler, a task, a hook and a listener that block once they have waited', async () => {
  const emitter = new EventEmitter()
  const late = async () => {
    await sleep(1)
    block()
  }
  const { lifecycle, told } = await watched(
    [
      parser(({ on, listen }) => {
        on('saved', late)
        listen(emitter, 'request', late)
        return { onEnable: late }
      }),
      plugin({ name: 'patient' }, (_app, { on }) => {
        on('saved', () => sleep(180))
        return {}
      }),
    ],
    { handlerPolicy: { blockMs: 100, followAwaits: true } },
  )
  const from = performance.now()
  while (told().length < 3 && performance.now() - from < 9000) {
    await lifecycle.events.emit('saved')
    emitter.emit('request')
    await lifecycle.disable('parser')
    await lifecycle.enable('parser')
  }
  expect(told().sort()).toEqual(
    ['its handler of "saved"', 'its listener of "request"', 'onEnable()']
      .map((what) => of(`${what}, once it had waited`))
      .sort(),
  )
})

it('follows nobody over awaits, which slows all of them, unless the host wants that', async () => {
  const { lifecycle, told } = await watched([
    parser(({ on }) => {
      on('saved', async () => {
        await sleep(1)
        block()
      })
      return undefined
    }),
  ])
  for (let stall = 0; stall < 12; stall++) await lifecycle.events.emit('saved')
  expect(told()).toEqual([])
})

it('looks at each call for a while once the loop stood still by nobody who is looked at', async () => {
  let ms = 0
  let calls = 0
  const { lifecycle, told } = await watched([
    parser(({ on }) => {
      on('saved', () => {
        calls++
        block(ms)
      })
      return undefined
    }),
  ])
  // Quick at first, so that the next thousand calls would not be looked at.
  for (let call = 0; call < 20; call++) await lifecycle.events.emit('saved')
  block(300)
  ms = 130
  const from = performance.now()
  while (told().length === 0 && performance.now() - from < 10_000) {
    await lifecycle.events.emit('saved')
    await sleep(20)
  }
  expect(told()).toEqual([of('its handler of "saved"')])
  expect(calls).toBeLessThan(500)
})
