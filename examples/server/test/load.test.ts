// The load as a user runs it: `npm run load`, with a server, those who ask, and an editor, each a process. And that it finds out what a
// server does wrong that loses requests.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'

const SERVER = join(import.meta.dirname, '..')
const MAIN = join(SERVER, 'dist/main.js')
/** A run has no bound of its own: each thing in it has. */
const RUN_MS = 180_000

it('edits, breaks, mends, disables and enables plugins under load, and fails no request', {
  timeout: RUN_MS,
}, async () => {
  const { code, output } = await load('--edits', '25', '--seed', '3')
  expect(output).toMatch(/^25 edits, \d+ requests, none failed\.$/m)
  for (const row of ['new logic', 'mended', 'shared helper', 'disabled', 'enabled', 'plugins.yaml', 'broken: setup-'])
    expect(output).toMatch(new RegExp(`^${row}`, 'm'))
  expect(output).not.toMatch('FAILED')
  expect(code).toBe(0)
})

it('fails where the server drops a connection now and then', { timeout: RUN_MS }, async () => {
  const plugins = await sabotaged(
    'http.ts',
    '      shared.handle(request, response, terms),',
    '      Math.random() < 0.02 ? request.socket.destroy() : shared.handle(request, response, terms),',
  )
  const { code, output } = await load('--edits', '3', '--plugins', plugins)
  expect(output).toMatch(/the connection ended|ECONNRESET|socket hang up/)
  expect(output).toMatch(/[1-9]\d* requests FAILED/)
  expect(code).toBe(1)
})

it('fails where a request is refused whose plugin is not disabled', { timeout: RUN_MS }, async () => {
  const plugins = await sabotaged(
    'http.ts',
    '      shared.handle(request, response, terms),',
    `      Math.random() < 0.02
        ? response.writeHead(503, { 'retry-after': '1' }).end()
        : shared.handle(request, response, terms),`,
  )
  const { code, output } = await load('--edits', '3', '--plugins', plugins)
  expect(output).toMatch(/503, though "\w+" is not disabled/)
  expect(code).toBe(1)
})

it('fails where old code answers after new code is in force', { timeout: RUN_MS }, async () => {
  // Remembers the first answer of each route that tells a version, over all reloads.
  const plugins = await sabotaged(
    'http.ts',
    '      shared.handle(request, response, terms),',
    `      {
        const kept = (globalThis.kept ??= new Map<string, string>())
        const url = String(request.url)
        const old = kept.get(url)
        if (old !== undefined) return void response.end(old)
        const end = response.end
        if (url.startsWith('/version/'))
          response.end = (body) => (response.statusCode === 200 && kept.set(url, String(body)), end.call(response, body))
        return shared.handle(request, response, terms)
      }`,
  )
  const { code, output } = await load('--edits', '3', '--plugins', plugins)
  expect(output).toMatch(/WRONG|ms after \d+ was active/)
  expect(code).toBe(1)
})

it('tells who takes an option wrong', async () => {
  const { code, output } = await load('--edits', 'many')
  expect(output).toMatch('--edits takes a whole number from 1, not many')
  expect(code).toBe(1)
})

/** A copy of the plugins with another text in one. */
async function sabotaged(file: string, from: string, to: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-load-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await cp(join(SERVER, 'plugins'), folder, { recursive: true })
  const path = join(folder, file)
  const content = await readFile(path, 'utf8')
  if (!content.includes(from)) throw new Error(`${file} has no ${from}`)
  await writeFile(
    path,
    content.replace(from, () => to),
  )
  return folder
}

async function load(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [MAIN, '--load', '--connections', '8', '--quiet', '1', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill())
  const ended = new Promise<number | null>((resolve, reject) => void child.on('close', resolve).on('error', reject))
  const [code, ...outputs] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, output: outputs.join('') }
}
