// What a host's log tells of reloads, at which level.
import { expect, it } from 'vitest'
import { startFolder as start } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'

function recorder() {
  const lines: { level: Level; text: string; details: Record<string, unknown> }[] = []
  const at = (level: Level) => (first: string | object, text?: string) =>
    void lines.push({
      level,
      text: typeof first === 'string' ? first : (text ?? ''),
      details: first as Record<string, unknown>,
    })
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const texts = (level: Level) => lines.filter((line) => line.level === level).map(({ text }) => text)
  return { logger, lines, texts }
}

it('tells a person of the change, the reload and its end, with the plugin', async () => {
  const { logger, lines, texts } = recorder()
  const folder = await start(
    { 'counter.ts': counter(1), 'user.ts': plugin('user', { dependencies: "['counter']" }) },
    { logger },
  )
  await folder.reported(() => folder.save('counter.ts', counter(2)))
  expect(texts('info')).toEqual([
    expect.stringMatching(/^file change detected: .*counter\.ts \(change\)$/),
    'reloading counter',
    expect.stringMatching(/^reloaded counter, user in [\d.]+ ms$/),
  ])
  expect(
    lines
      .filter(({ level }) => level === 'info')
      .slice(1)
      .map(({ details }) => details.plugins),
  ).toEqual([['counter'], ['counter', 'user']])
})

it('tells at debug every phase, which plugins a file concerns, and why a change was passed over', async () => {
  const { logger, texts } = recorder()
  const source = (name: string) => plugin(name, {}, "import './_shared.ts'")
  const folder = await start({ '_shared.ts': 'export {}', 'a.ts': source('a'), 'b.ts': source('b') }, { logger })
  await folder.reported(() => folder.save('_shared.ts', 'export const x = 1'))
  await folder.reported(() => folder.save('_other.ts', 'export const x = 1'))
  const debug = texts('debug')
  for (const name of ['a', 'b'])
    expect(debug).toContainEqual(expect.stringMatching(`^"${name}" is reloaded: it uses .*_shared.ts$`))
  expect(debug).toContainEqual(expect.stringMatching(/_other\.ts passed over: no plugin reads it/))
  const phases = debug.flatMap((line) => /^(\w+): [\d.]+ ms$/.exec(line)?.[1] ?? [])
  expect(phases).toEqual([
    'settle',
    'load',
    'validate',
    'gate',
    'save',
    'teardown',
    'start',
    'check',
    'commit',
    'replay',
  ])
})

it('tells each problem once', async () => {
  const { logger, lines, texts } = recorder()
  const folder = await start(
    {
      'counter.ts': counter(1),
      'odd.ts': plugin('odd', { setup: '() => 1', teardown: "() => { throw new Error('odd end') }" }),
    },
    { logger },
  )
  await folder.reported(() => folder.save('counter.ts', 'export default {'))
  expect(texts('error')).toHaveLength(1)
  expect(texts('info').at(-1)).toBe('the old code serves on')
  await folder.reported(() => folder.save('counter.ts', counter(1, "throw new Error('no')")))
  expect(texts('error')).toHaveLength(2)
  expect(texts('info').at(-1)).toBe('rolled back: counter as before')
  const report = await folder.reported(() => folder.save('odd.ts', plugin('odd', { setup: '() => 2' })))
  expect(report).toMatchObject({ outcome: 'committed', error: undefined, problems: [{ code: 'CFP_TEARDOWN_FAILED' }] })
  expect(lines.filter(({ text }) => text.includes('odd end'))).toHaveLength(1)
})

it('tells of a slow reload with the phase that took it', async () => {
  const { logger, texts } = recorder()
  const folder = await start({ 'counter.ts': counter(1) }, { logger })
  await folder.reported(() =>
    folder.save(
      'counter.ts',
      plugin('counter', { setup: 'async () => { await new Promise((r) => setTimeout(r, 150)) }' }),
    ),
  )
  expect(texts('warn')).toContainEqual(expect.stringMatching(/^The reload took .* most of it in phase "start"\.$/))
})
