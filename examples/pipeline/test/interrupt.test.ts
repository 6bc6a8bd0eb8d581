// Interrupted: what was written is taken back, and the exit code says so.
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linesOf, Plugins, start, startOnTerminal, temporaryFolder, until } from './pipeline-process.ts'

/** Plugins whose totals stop at the fourth batch, once that is written, until the run is cancelled. */
async function stuckAtFourth(): Promise<Plugins> {
  const plugins = await Plugins.copy()
  await plugins.edit(
    'totals.ts',
    '(batch) => {\n        add(batch, 1)',
    `async (batch, { signal }) => {
        const { setTimeout: sleep } = await import('node:timers/promises')
        if (batch.number === 4) {
          process.stderr.write('stuck\\n')
          await sleep(600_000, undefined, { signal })
        }
        add(batch, 1)`,
  )
  return plugins
}

describe('a run that is interrupted', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s takes its batch back, and leaves the result of an earlier run as it was',
    { timeout: 120_000 },
    async (signal, exitCode) => {
      const out = join(await temporaryFolder(), 'out')
      expect((await start(['--limit', '500', '--out', out]).ended()).code).toBe(0)
      const before = await readFile(join(out, 'report.json'))
      const { folder } = await stuckAtFourth()
      const running = start(['--batch', '100', '--plugins', folder, '--out', out])
      await running.says(/^stuck$/m)
      running.child.kill(signal)
      const { code, errors, output } = await running.ended()
      expect(code, errors).toBe(exitCode)
      expect(errors).toContain(
        `interrupted by ${signal}: the last batch was taken back (write), and the result of an earlier`,
      )
      expect(output).toBe('')
      expect(await readdir(dirname(out))).toEqual(['out'])
      expect(await readFile(join(out, 'report.json'))).toEqual(before)
    },
  )

  it('has batches that are whole, and nothing of the one that it was at, where --keep shows it', {
    timeout: 120_000,
  }, async () => {
    const out = join(await temporaryFolder(), 'out')
    const { folder } = await stuckAtFourth()
    const running = start(['--batch', '100', '--keep', '--plugins', folder, '--out', out])
    await running.says(/^stuck$/m)
    running.child.kill('SIGINT')
    expect((await running.ended()).code).toBe(130)
    const [partial = ''] = await readdir(dirname(out))
    const parts = join(dirname(out), partial, 'parts')
    const files = await readdir(parts)
    const texts = await Promise.all(files.map((file) => readFile(join(parts, file), 'utf8')))
    const at = texts.flatMap((text) => linesOf<{ at: number }>(text).map((line) => line.at))
    expect(at.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1))
  })

  it('at any moment leaves nothing behind: in each way, and while regions are surveyed', {
    timeout: 240_000,
  }, async () => {
    for (const [way, moment] of [
      ['sync', /import [2-9]\d %/],
      ['async', /import [2-9]\d %/],
      ['threads', /import [2-9]\d %/],
      ['mixed', /survey [1-9]\d %/],
    ] as const) {
      const out = join(await temporaryFolder(), 'out')
      const running = start(['--run', way, '--limit', '30000', '--batch', '300', '--out', out])
      await running.says(moment)
      running.child.kill('SIGINT')
      const { code, errors } = await running.ended()
      expect(code, errors).toBe(130)
      expect(await readdir(dirname(out)), way).toEqual([])
    }
  })

  it('by Ctrl-C on a terminal ends in the same way, whether or not the step that runs stops', {
    timeout: 120_000,
  }, async () => {
    const out = join(await temporaryFolder(), 'out')
    const { folder } = await stuckAtFourth()
    const running = startOnTerminal(['--batch', '100', '--plugins', folder, '--out', out])
    await running.says(/stuck/)
    running.child.stdin?.write('\x03')
    const { code, output } = await running.ended()
    expect(code, output).toBe(130)
    expect(output).toContain('interrupted by SIGINT: the last batch was taken back (write)')
    expect(await readdir(dirname(out))).toEqual([])

    // A step that does not listen to its signal is given up.
    const plugins = await stuckAtFourth()
    await plugins.edit('totals.ts', 'sleep(600_000, undefined, { signal })', 'sleep(600_000)')
    for (const keys of ['\x03', '\x03\x03']) {
      const deaf = startOnTerminal(['--batch', '100', '--plugins', plugins.folder, '--out', out])
      await deaf.says(/stuck/)
      for (const key of keys) {
        const before = deaf.output.length
        deaf.child.stdin?.write(key)
        await until(() => deaf.output.length > before || deaf.child.exitCode !== null, 'the terminal shows ^C')
      }
      const ended = await deaf.ended()
      expect(ended.code).toBe(130)
      if (keys.length === 1) expect(ended.output).toContain('tally did not stop and was given up')
      expect(await readdir(dirname(out))).toEqual([])
    }
  })
})
