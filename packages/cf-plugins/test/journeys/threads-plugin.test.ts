// Whole plugins in threads, from files, under a real manager: their reloads, their rollbacks, and threads that end.
import { expect, it } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

const parser = (mark: string, { setup = '', meta = '' } = {}) => `
import { threadId } from 'node:worker_threads'
import { definePlugin } from 'cf-plugins'
import { cut } from './_cut.ts'
export default definePlugin({
  name: 'parser', version: '1.0.0', execution: 'worker', ${meta}
  setup({ on, publish, logger }) {
    ${setup}
    const seen: number[] = []
    on('number', async (number: number) => {
      seen.push(number)
      publish('handled', { number, mark: '${mark}' })
    })
    return {
      seen,
      parse: (text: string) => '${mark}:' + cut(text).join('|'),
      count: () => seen.length,
      thread: () => threadId,
      end: () => process.exit(9),
    }
  },
  state: { save: ({ seen }) => seen, restore: (before: number[], { seen }) => void seen.unshift(...before) },
})`
const cut = (by: string) => `export const cut = (text: string): string[] => text.split('${by}')`
const reader = `
import { definePlugin } from 'cf-plugins'
export default definePlugin({
  name: 'reader', version: '1.0.0', dependencies: ['parser'],
  setup({ inject }) {
    const { parse } = inject('parser') as { parse(text: string): Promise<string> }
    return { read: async (text: string) => 'read ' + (await parse(text)) }
  },
})`

interface Parser {
  parse(text: string): Promise<string>
  count(): Promise<number>
  thread(): Promise<number>
  end(): Promise<never>
}
interface Reader {
  read(text: string): Promise<string>
}

function place(parsers = parser('one')) {
  return PluginFolder.make({
    'parser.ts': parsers,
    '_cut.ts': cut(' '),
    'reader.ts': reader,
  })
}

it('is reloaded as any plugin is: by a save of its files, with its state, together with who uses it', async () => {
  const folder = await place()
  const { manager, report, reported } = await folder.started({ hotReload: true })
  expect(report.failed).toEqual([])
  const read = (text: string) => (manager.get('reader') as Reader).read(text)
  expect(await read('a b')).toBe('read one:a|b')
  await manager.events.emit('number', 1)
  const before = await (manager.get('parser') as Parser).thread()

  expect((await reported(() => folder.save('parser.ts', parser('two')))).outcome).toBe('committed')
  expect(await read('a b')).toBe('read two:a|b')
  expect((await reported(() => folder.save('_cut.ts', cut('-')))).outcome).toBe('committed')
  expect(await read('a b-c')).toBe('read two:a b|c')
  const service = manager.get('parser') as Parser
  expect(await service.count()).toBe(1)
  expect(await service.thread()).not.toBe(before)
  expect(manager.threads().map(({ plugin, threads }) => [plugin, threads])).toEqual([['parser', 1]])
})

it('is what it was after a reload that failed, though its file is another by then', async () => {
  const folder = await place()
  const { manager, reported } = await folder.started({ hotReload: true })
  await manager.events.emit('number', 1)
  const bad = parser('two', { setup: "throw new Error('not today')" })
  const report = await reported(() => folder.save('parser.ts', bad))
  expect(report.outcome).toBe('rolled-back')
  expect(String(report.error)).toContain('not today')
  expect(await (manager.get('reader') as Reader).read('a b')).toBe('read one:a|b')
  expect(await (manager.get('parser') as Parser).count()).toBe(1)

  expect((await reported(() => folder.save('parser.ts', parser('three')))).outcome).toBe('committed')
  expect(await (manager.get('reader') as Reader).read('a b')).toBe('read three:a|b')
})

it('is replaced, where its thread ends, by the code that was loaded, whatever its file has by then (fault 70)', async () => {
  const folder = await place()
  const { manager } = await folder.started()
  const service = manager.get('parser') as Parser
  const before = await service.thread()
  await folder.save('parser.ts', parser('two'))
  await folder.save('_cut.ts', cut('-'))
  await expect(service.end()).rejects.toMatchObject({ code: 'CFP_WORKER_ENDED', plugin: 'parser' })
  // Who had it injected has it still.
  expect(await (manager.get('reader') as Reader).read('a b')).toBe('read one:a|b')
  expect(await service.thread()).not.toBe(before)
})

it('handles each event once, in order, over reloads under load (fault 72)', async () => {
  const folder = await place()
  const { manager, reported } = await folder.started({ hotReload: true })
  const handled: { number: number; mark: string }[] = []
  manager.events.on('handled', (told: { number: number; mark: string }) => void handled.push(told))
  let number = 0
  const timer = setInterval(() => {
    // As many as may wait while a reload takes its time on a busy machine.
    for (let each = 0; each < 5; each++) manager.events.publish('number', number++)
  }, 25)
  const handledBy = (mark: string) =>
    expect.poll(() => handled.some((each) => each.mark === mark), { timeout: 10_000 }).toBe(true)
  await handledBy('one')
  for (const mark of ['two', 'three', 'four']) {
    expect((await reported(() => folder.save('parser.ts', parser(mark)))).outcome).toBe('committed')
    await handledBy(mark)
  }
  clearInterval(timer)
  await expect.poll(() => handled.length, { timeout: 10_000 }).toBe(number)
  expect(handled.map((each) => each.number)).toEqual(Array.from({ length: number }, (_, each) => each))
  expect([...new Set(handled.map(({ mark }) => mark))]).toEqual(['one', 'two', 'three', 'four'])
  expect(await (manager.get('parser') as Parser).count()).toBe(number)
})
