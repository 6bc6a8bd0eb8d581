import { BasePlugin, definePlugin, toPluginRecord } from '@cf-plugins/plugin-api'
import { expect, it } from 'vitest'
import { Lifecycle, loadAndRegisterOrdered, registerPlugin } from '../src/index.ts'

const source = { generation: 1, files: [] }
const rec = (d: Parameters<typeof definePlugin>[0], generation = 1) =>
  toPluginRecord({ default: definePlugin(d as never) }, { ...source, generation })

it('starts in order and reloads', async () => {
  const log: string[] = []
  const counter = (gen: number, fail = false) => {
    let count = 0
    return rec(
      {
        name: 'counter',
        version: '1.0.0',
        state: {
          version: 0,
          save: () => ({ count }),
          restore: (s: { count: number }) => {
            count = s.count
          },
        },
        setup({ on }: any) {
          if (fail) throw new Error('boom')
          log.push('counter setup ' + gen)
          on('tick', () => {
            count++
            log.push(`g${gen} ${count}`)
          })
          return { get: () => count, gen }
        },
        teardown() {
          log.push('counter teardown ' + gen)
        },
      } as never,
      gen,
    )
  }
  const user = rec({
    name: 'user',
    version: '1.0.0',
    dependencies: ['counter'],
    setup({ inject }: any) {
      const c = inject('counter') as any
      log.push('user setup ' + c.gen)
      return { c }
    },
    teardown() {
      log.push('user teardown')
    },
  } as never)
  const keeper = {
    async save(p: any) {
      return p.instance.getReloadState?.()
    },
    async restore(p: any, s: any) {
      p.instance.setReloadState?.(s)
    },
  }
  const l = new Lifecycle({ app: {}, keeper, logger: console as never })
  l.registry.add(user)
  l.registry.add(counter(1))
  const report = await l.start()
  expect(report.active).toEqual(['counter', 'user'])
  await l.events.emit('tick')
  await l.events.emit('tick')
  const p = l.reload({ set: [counter(2)] })
  await Promise.resolve()
  const e = l.events.emit('tick')
  const r = await p
  await e
  expect(r.outcome).toBe('committed')
  expect((l.service('user') as any).c.gen).toBe(2)
  expect((l.service('counter') as any).get()).toBe(3)
  const bad = await l.reload({ set: [counter(3, true)] })
  expect(bad.outcome).toBe('rolled-back')
  expect((l.service('counter') as any).get()).toBe(3)
  await l.events.emit('tick')
  expect((l.service('counter') as any).get()).toBe(4)
  await l.disable('counter')
  expect(l.status('user').state).toBe('blocked')
  expect(l.status('counter').state).toBe('disabled')
  await l.events.emit('tick')
  await l.enable('counter')
  expect(l.status('user').state).toBe('active')
  expect((l.service('counter') as any).get()).toBe(4)
  const s = await l.stop()
  expect(s.stopped).toEqual(['user', 'counter'])
  console.log(log, r.phases, bad.error?.message)
})
it('sync register', () => {
  const p = registerPlugin(rec({ name: 'a', version: '1.0.0', setup: () => ({ hi: 1 }) } as never), {}, {})
  expect(p).not.toBeInstanceOf(Promise)
  expect((p as any).service).toEqual({ hi: 1 })
})
it('parallel', async () => {
  const rs = Array.from({ length: 5 }, (_, i) =>
    rec({ name: 'p' + i, version: '1.0.0', setup: () => new Promise((r) => setTimeout(r, 50)) } as never),
  )
  const r = await loadAndRegisterOrdered(rs, {}, {})
  console.log(r.durationMs, r.timeline)
})
