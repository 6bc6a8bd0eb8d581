// The programs of the guide to threads, run as they stand there.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { PluginManager } from '../src/index.ts'

const GUIDE = join(import.meta.dirname, '../../../docs/threads.md')

/** Writes the blocks of the guide that bear a file's name into a new folder. */
async function writePrograms(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-docs-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const text = await readFile(GUIDE, 'utf8')
  for (const [, name = '', program = ''] of text.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), program)
  }
  return folder
}

it('checks spelling in a thread, and digests and inverts in the pool, as the guide to threads says', async () => {
  const lines: string[] = []
  const log = (_details: object | string, message?: string) => void lines.push(message ?? String(_details))
  const logger = { debug() {}, info: log, warn: log, error: log }
  const manager = new PluginManager({ paths: [join(await writePrograms(), 'plugins')], logger })
  onTestFinished(async () => void (await manager.stop()))
  const report = await manager.start()
  expect(report.failed).toEqual([])
  expect(lines).toContain('ready')

  const editor = manager.get('editor') as { wrong(text: string): Promise<string[]>; learn(word: string): Promise<void> }
  expect(await editor.wrong('the pluggin blocks')).toEqual(['pluggin'])
  await editor.learn('pluggin')
  expect(await editor.wrong('the pluggin blocks')).toEqual([])

  const [digest] = (await manager.hooks.call('digest', 'text')) as string[]
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  expect(await manager.pipeline('picture').run(Uint8Array.of(0, 200))).toEqual(Uint8Array.of(255, 55))
  const threads = manager.threads().map(({ plugin, threads: count, queued }) => [plugin, count > 0, queued])
  expect(threads.sort()).toEqual([
    ['digest', true, 0],
    ['spelling', true, 0],
  ])
})
