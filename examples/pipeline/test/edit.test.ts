// The code of steps is edited while the run is on: it goes on, with the new code from there on.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linesOf, Plugins, result, resultIn, start, temporaryFolder } from './pipeline-process.ts'

const LIMIT = ['--limit', '12000', '--batch', '200']

describe('an edit in mid-run', () => {
  it('has the new code go on where the old one was, and each record go through one of them', {
    timeout: 180_000,
  }, async () => {
    const plugins = await Plugins.copy()
    await plugins.slow(100)
    const out = join(await temporaryFolder(), 'out')
    const running = start([...LIMIT, '--plugins', plugins.folder, '--out', out])
    await running.says(/import 10 %/)
    await plugins.edit('clean.ts', 'let { name } = place', "let name = place.name + ' (new code)'")
    const { code, output, errors } = await running.ended()
    expect(code, errors).toBe(0)
    expect(errors).toMatch(/^new code of clean, from about record \d+,\d+ on$/m)
    expect(output).toMatch(/edited +new code of clean, from about record \d+,\d+ on\n/)
    const { places, report } = await resultIn(out)
    const lines = linesOf<{ at: number; name: string }>(places).sort((a, b) => a.at - b.at)
    const first = lines.findIndex(({ name }) => name.endsWith(' (new code)'))
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(lines.length)
    expect(lines.slice(first).every(({ name }) => name.endsWith(' (new code)'))).toBe(true)
    // Batches are whole, by whichever code.
    expect(((lines[first]?.at ?? 0) - 1) % 200).toBe(0)
    expect(report.records).toBe(12_000)
    expect(report.places + report.rejected).toBe(12_000)
  })

  it('of any plugin, the store in its thread among them, changes nothing where the code does the same', {
    timeout: 240_000,
  }, async () => {
    const plugins = await Plugins.copy()
    await plugins.slow(60)
    const out = join(await temporaryFolder(), 'out')
    const running = start([...LIMIT, '--plugins', plugins.folder, '--out', out])
    await running.says(/import 10 %/)
    const files = await plugins.files()
    for (const file of files) {
      const name = file.replace('.ts', '')
      await plugins.edit(file, "version: '1.0.0'", "version: '1.0.1'")
      await running.says(new RegExp(`new code of .*${name}`))
    }
    const { code, errors } = await running.ended()
    expect(code, errors).toBe(0)
    const edited = await resultIn(out)
    const plain = await result(LIMIT)
    expect(edited.report.edits).toHaveLength(files.length)
    expect(edited.report.counts).toEqual(plain.report.counts)
    expect([edited.report.sha256, edited.bad, edited.regions]).toEqual([plain.report.sha256, plain.bad, plain.regions])
  })

  it('that is broken is told, and the old code goes on', { timeout: 180_000 }, async () => {
    const plugins = await Plugins.copy()
    await plugins.slow(60)
    const out = join(await temporaryFolder(), 'out')
    const running = start([...LIMIT, '--plugins', plugins.folder, '--out', out])
    await running.says(/import 10 %/)
    await plugins.edit('clean.ts', 'return { ...batch', 'return { ...batch,,')
    await running.says(/edit of clean: kept: /)
    const { code, errors } = await running.ended()
    expect(code, errors).toBe(0)
    expect((await resultIn(out)).report.sha256).toBe((await result(LIMIT)).report.sha256)
  })
})
