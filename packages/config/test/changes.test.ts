// What an edit changes, and that an edit which is wrong changes nothing.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files that are read have such placeholders
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigSource } from '../src/index.ts'
import { plugin, sourceOf, write } from './support.ts'

const schema = z.object({ timeout: z.number().default(30), list: z.array(z.number()).optional() })
const all = [plugin('a', schema), plugin('b', schema), plugin('c', schema), plugin('d')]

it('tells which plugins an edit concerns, and what of them', async () => {
  const source = await sourceOf(`a:
  settings: { timeout: 1, list: [1, 2] }
b:
  settings: { timeout: 1 }
  permissions: ["service:x"]
c:
  enabled: true
gone:
  settings: { x: 1 }
`)
  const before = await source.load()
  expect(before.changesTo(await source.load(), all)).toEqual(new Map())
  await write(dirname(source.file), {
    'plugins.yaml': `# The same, written otherwise.
c: { enabled: false, version: ^2.0.0 }
a:
  settings:
    list: [1, 2]
    timeout: 1.0
b:
  settings: { timeout: 2 }
  permissions: ["service:x", "service:y"]
`,
    'plugins.d/d.yaml': 'settings: { free: 1 }',
  })
  const changes = before.changesTo(await source.load(), all)
  const none = { settings: false, enabled: false, version: false, permissions: false }
  expect(Object.fromEntries(changes)).toEqual({
    b: { ...none, settings: true, permissions: true },
    c: { ...none, enabled: true, version: true },
    d: { ...none, settings: true },
    gone: { ...none, settings: true },
  })
})

it('compares what plugins would get, and not what is written', async () => {
  const yaml = 'a:\n  settings: { timeout: "${MS:-5}" }\n'
  const source = await sourceOf(yaml)
  const at = (env: Record<string, string>) => new ConfigSource({ file: source.file, env }).load()
  const before = await at({})
  expect(before.changesTo(await at({ MS: '5' }), all).size).toBe(0)
  expect(before.changesTo(await at({ CF_PLUGIN_A__TIMEOUT: '5.0' }), all).size).toBe(0)
  expect([...before.changesTo(await at({ MS: '6' }), all).keys()]).toEqual(['a'])
  expect([...before.changesTo(await at({ CF_PLUGIN_B__TIMEOUT: '5' }), all).keys()]).toEqual(['b'])
})

it('leaves the last good configuration as it is when an edit is wrong (fault 66)', async () => {
  const env = { A_TIMEOUT: '5' }
  const good = 'a:\n  settings: { timeout: "${A_TIMEOUT}" }\nb:\n  settings: { list: [1] }\n'
  const source = await sourceOf(good, { env })
  const before = await source.load()
  const edits = [
    'a:\n  settings: { timeout: soon }\n',
    'a:\n  settings: { timeout: [\n',
    'a:\n\tsettings: 1\n',
    'a:\n  settings: { timeout: "${NOBODY}" }\n',
    'a:\n  setings: {}\n',
    `a: ${'['.repeat(4096)}`,
    Buffer.from([0xff, 0xfe, 0x00]),
  ]
  for (const edit of edits) {
    await write(dirname(source.file), { 'plugins.yaml': edit })
    const next = await source.load()
    const errors = (await next.check(all)).filter(({ severity }) => severity === 'error')
    expect(errors.length, String(edit)).toBeGreaterThan(0)
    for (const { file, line, message } of errors) {
      expect(file).toBe(source.file)
      if (!message.includes('UTF-8')) expect(line).toBeGreaterThan(0)
    }
    env.A_TIMEOUT = '6'
    expect(before.settingsFor(all[0]!, all)).toEqual({ timeout: 5 })
    expect(before.settingsFor(all[1]!, all)).toEqual({ list: [1] })
    expect(await before.check(all)).toEqual([])
    env.A_TIMEOUT = '5'
  }
  await write(dirname(source.file), { 'plugins.yaml': good.replace('[1]', '[2]') })
  const mended = await source.load()
  expect(await mended.check(all)).toEqual([])
  expect([...before.changesTo(mended, all).keys()]).toEqual(['b'])
})
