// The demo, run as whoever types `npm start` runs it: real processes, real HTTP, a real file of nine megabytes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

const FOLDER = join(import.meta.dirname, '..')
const MAIN = join(FOLDER, 'dist/main.js')

describe('the demo', () => {
  it('shows that a plugin blocks the server inline, and in a thread blocks no one', { timeout: 120_000 }, async () => {
    const scratch = await temporaryFolder()
    const { code, output, errors } = await run(['--times', '2'], scratch)
    expect(errors).toBe('')
    expect(code, output).toBe(0)
    const figures = figuresOf(output)
    const { inline, threaded } = figures('event loop, longest delay')
    expect(inline, output).toBeGreaterThan(200)
    expect(threaded, output).toBeLessThan(inline / 2)
    const requests = figures('requests')
    const late = figures('later than 50 ms')
    expect(late.inline / requests.inline, output).toBeGreaterThan(0.5)
    expect(late.threaded / requests.threaded, output).toBeLessThan(0.25)
    expect(figures('failed').threaded, output).toBe(0)
    expect(figures('slowest').inline, output).toBeGreaterThan(200)
    expect(output).toMatch(
      /Plugin "parser" blocked the event loop for \d+ ms in its handler of "outline" \(plugins\/parser\.ts\).*execution: 'worker'/,
    )
    expect(await readdir(scratch)).toEqual([])
  })

  it.each([
    ['a deadline', '    })\n  },', '    }, { timeoutMs: 200 })\n  },', 'took longer than 180 ms in its thread'],
    [
      'an error',
      'const text =',
      "throw new Error('no')\n const text =",
      'Plugin "parser" failed in its handler of "outline": no',
    ],
  ])('goes on serving where the parser fails in its thread, for %s', { timeout: 60_000 }, async (_, from, to, told) => {
    const plugins = join(await temporaryFolder(), 'plugins')
    await cp(join(FOLDER, 'plugins'), plugins, { recursive: true })
    const parser = await readFile(join(plugins, 'parser.ts'), 'utf8')
    expect(parser).toContain(from)
    await writeFile(join(plugins, 'parser.ts'), parser.replace(from, to))
    const { code, output, errors } = await run(['--times', '1', '--plugins', plugins], await temporaryFolder())
    expect(errors).toBe('')
    expect(code, output).toBe(1)
    expect(output).toContain('In a thread 1 of 1 failed, and the server went on:\n')
    expect(output).toContain(told)
    expect(figuresOf(output)('failed').threaded, output).toBe(0)
  })

  it('leaves nothing behind where it is interrupted', { timeout: 60_000 }, async () => {
    const scratch = await temporaryFolder()
    const child = start([], scratch)
    child.stdout?.once('data', () => child.kill('SIGINT'))
    expect(await once(child, 'close')).toEqual([130, null])
    expect(await readdir(scratch)).toEqual([])
  })

  it('refuses a number of times that is none', async () => {
    const { code, errors } = await run(['--times', 'often'], await temporaryFolder())
    expect(code).toBe(1)
    expect(errors).toMatch(/^error: --times is a whole number from 1, and often is none\n\nUsage:/)
  })
})

function start(args: readonly string[], scratch: string): ChildProcess {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there. Build first: npm test does, or: npm run build.`)
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: FOLDER, env: { ...process.env, TMPDIR: scratch } })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function run(
  args: readonly string[],
  scratch: string,
): Promise<{ code: number; output: string; errors: string }> {
  const child = start(args, scratch)
  let output = ''
  let errors = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const [code] = await once(child, 'close')
  return { code, output, errors }
}

/** Reads rows of the printed table: the figures of both halves, in milliseconds where they are times. */
function figuresOf(output: string): (row: string) => { readonly inline: number; readonly threaded: number } {
  return (row) => {
    const line = output.split('\n').find((each) => each.trim().startsWith(row)) ?? ''
    const [inline, threaded] = line.slice(line.indexOf(row) + row.length).match(/\d+(?:\.\d+)?/g) ?? []
    if (inline === undefined || threaded === undefined) throw new Error(`There is no row "${row}" in:\n${output}`)
    return { inline: Number(inline), threaded: Number(threaded) }
  }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'threads-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
