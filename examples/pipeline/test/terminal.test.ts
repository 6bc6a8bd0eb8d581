// Progress: a line that changes on a terminal, and lines where there is none.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Plugins, start, startOnTerminal, temporaryFolder } from './pipeline-process.ts'

const ESCAPE = '\x1b'

it('on a terminal is one line that changes, never longer than that is wide, and gone in the end', {
  timeout: 120_000,
}, async () => {
  const out = join(await temporaryFolder(), 'out')
  const plugins = await Plugins.copy()
  await plugins.slow(40)
  const running = startOnTerminal(['--limit', '6000', '--batch', '200', '--plugins', plugins.folder, '--out', out], 60)
  const { code, output } = await running.ended()
  expect(code, output).toBe(0)
  const drawn = output.split('\r').filter((each) => /^(import|survey|one file) /.test(each))
  expect(drawn.length).toBeGreaterThan(5)
  const texts = drawn.map((each) => each.split(`${ESCAPE}[K`)[0] ?? '')
  expect(texts[0]).toMatch(/^import \[[= ]{24}\] {2,}\d+ % /)
  expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(60)
  // It is wiped before the report is printed below.
  expect(output.slice(0, output.indexOf('  records ')).trimEnd().endsWith(`\r${ESCAPE}[K`)).toBe(true)
})

it('without a terminal is a line for each tenth, and nothing that only a terminal understands', {
  timeout: 120_000,
}, async () => {
  const out = join(await temporaryFolder(), 'out')
  const { output, errors } = await start(['--limit', '6000', '--batch', '200', '--out', out]).ended()
  expect(errors.match(/^import \d+ % [\d,]+ records, \d+ bad$/gm)?.length).toBeGreaterThanOrEqual(10)
  expect(errors).toMatch(/^survey 100 % \d+ of \d+ regions$/m)
  expect(output + errors).not.toContain(ESCAPE)
  expect(output + errors).not.toContain('\r')
})
