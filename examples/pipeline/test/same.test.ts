// The result is the same whichever way the steps run.
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Plugins, type Result, result, start } from './pipeline-process.ts'

const LIMIT = ['--limit', '6000']

/** What has to be equal. */
const essence = ({ report: { sha256, rejected, records }, places, regions, bad }: Result) => {
  return { sha256, rejected, records, places, regions, bad }
}

describe('the result', () => {
  it('is the same with steps that are sync, async or in threads, in batches of any size', {
    timeout: 240_000,
  }, async () => {
    const first = await result([...LIMIT, '--run', 'sync'])
    expect(first.report.rejected).toBeGreaterThan(3)
    for (const args of [
      ['--run', 'async', '--batch', '77', '--at-once', '9'],
      ['--run', 'threads', '--threads', '1', '--batch', '4000'],
      ['--run', 'threads', '--threads', '4', '--batch', '250', '--at-once', '8'],
      ['--run', 'mixed', '--threads', '3', '--batch', '20000'],
    ]) {
      expect(essence(await result([...LIMIT, ...args])), args.join(' ')).toEqual(essence(first))
    }
  })

  it('is the same in whatever order the files of the plugins are found', { timeout: 120_000 }, async () => {
    const plugins = await Plugins.copy()
    const files = (await plugins.files()).sort().reverse()
    for (const [index, file] of files.entries()) {
      await rename(join(plugins.folder, file), join(plugins.folder, `${String(index).padStart(2, '0')}-${file}`))
    }
    const reversed = await result([...LIMIT, '--plugins', plugins.folder])
    expect(essence(reversed)).toEqual(essence(await result(LIMIT)))
  })

  it('is compared by --compare, which fails where it is not', { timeout: 240_000 }, async () => {
    const same = await start(['--compare', '--limit', '1500']).ended()
    expect(same.code, same.errors).toBe(0)
    expect(same.output.match(/^ {2}(sync|async|threads|mixed) .* [0-9a-f]{16}\.\.\.$/gm)).toHaveLength(5)
    expect(same.output).toContain('The same result each time.\n')

    const plugins = await Plugins.copy()
    // Depends on the size of the batch.
    await plugins.edit('clean.ts', 'let { name } = place', 'let name = place.name + batch.places.length')
    const different = await start(['--compare', '--limit', '1500', '--plugins', plugins.folder]).ended()
    expect(different.code).toBe(1)
    expect(different.output).toContain('NOT the same result each time.\n')
  })
})
