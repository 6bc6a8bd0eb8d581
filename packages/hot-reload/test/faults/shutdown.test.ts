// The end of a host whose plugins are in trouble: bounded, named, and counted.
import { expect, it } from 'vitest'
import { plugin } from '../sources.ts'
import { counting, faultFolder } from './fault-folder.ts'

it('counts what waited for a plugin that is down, and delivers what waited for one that is replaced (fault 81)', async () => {
  const shared = { setups: 0, heard: [] as number[], gap: () => {} }
  const hear = "context.on('number', (number: number) => void host.heard.push(number))"
  const fragile = counting(1, `${hear}; if (++host.setups > 1) throw new Error('only once')`)
  const folder = await faultFolder({ 'counter.ts': fragile }, { shared })
  const { lifecycle } = folder.reloader
  shared.gap = () => {
    for (const number of [1, 2, 3]) lifecycle.events.publish('number', number)
  }
  await folder.fault(() => folder.save('counter.ts', counting(2, "host.gap(); throw new Error('never')")), {
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    outcome: 'failed',
    serves: false,
  })
  const report = await folder.reloader.stop()
  expect(shared.heard).toEqual([])
  expect(report.undelivered).toEqual(new Map([['counter', 3]]))
  const [lost] = report.problems
  expect(lost).toMatchObject({ code: 'CFP_EVENTS_UNDELIVERED', plugin: 'counter' })
  expect(lost?.message).toContain('3')
  expect(report.stopped).toContain('bystander')
})

it('ends within its bound whatever hangs in a reload and in a teardown, and names it (faults 78, 80)', async () => {
  const shared = { reached: () => {} }
  const hanging = plugin('hanging', { setup: '() => ({})', teardown: '() => new Promise(() => {})' })
  const folder = await faultFolder({ 'hanging.ts': hanging }, { shared })
  const reached = new Promise<void>((resolve) => {
    shared.reached = resolve
  })
  await folder.save('counter.ts', counting(2, 'host.reached(); await new Promise(() => {})'))
  await reached
  const from = performance.now()
  const { hung, stopped } = await folder.reloader.stop({ boundMs: 2000 })
  expect(performance.now() - from).toBeLessThan(4000)
  expect(hung).toEqual(['hanging'])
  expect(stopped).toContain('bystander')
  expect(folder.reports.map(({ error }) => error?.code)).toEqual(['CFP_RELOAD_STOPPED'])
})
