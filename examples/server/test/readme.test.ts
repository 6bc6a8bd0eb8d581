// What the README shows is what happens: its commands are run against the real server, its plugin is put in, its tables are the truth.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { serverForTest } from './server-process.ts'

const SERVER = join(import.meta.dirname, '..')
const README = await readFile(join(SERVER, 'README.md'), 'utf8')
const PASSWORD = 'correct-horse'

it('shows what its commands print, in their order, with the plugin that it has one add', {
  timeout: 120_000,
}, async () => {
  const server = await serverForTest({ env: { ADMIN_PASSWORD: PASSWORD, DATABASE_URL: '', REDIS_URL: '' } })
  const here = server.url.replace('http://', '')
  const steps = [...README.matchAll(/^```(console|ts plugins\/(\S+))\n(.*?)^```$/gms)]
  expect(steps.length).toBeGreaterThan(2)
  for (const [, kind, file, text = ''] of steps) {
    if (kind !== 'console') {
      await server.write(join('plugins', file ?? ''), text)
      const path = `/${file?.replace('.ts', '')}`
      await expect.poll(async () => (await fetch(`${server.url}${path}`)).status, { timeout: 10_000 }).toBe(200)
      continue
    }
    for (const { command, output } of commandsOf(text)) {
      const shell = command.replaceAll('localhost:3000', here)
      const { stdout } = await promisify(execFile)('bash', ['-ec', shell], { cwd: SERVER, timeout: 10_000 })
      expect(stdout.trim(), command).toMatch(patternOf(output))
    }
  }
})

it('has a row for each plugin', async () => {
  const rows = [...README.slice(README.indexOf('## What it is made of')).matchAll(/^\| `(\w+)` \|/gm)].map(
    ([, name]) => name,
  )
  const plugins = (await readdir(join(SERVER, 'plugins'))).filter((name) => !name.startsWith('_'))
  expect(rows.slice(0, plugins.length).sort()).toEqual(plugins.map((name) => name.replace('.ts', '')).sort())
})

it('has the settings as the plugins have them', { timeout: 60_000 }, async () => {
  const server = await serverForTest({ env: { ADMIN_PASSWORD: PASSWORD, DATABASE_URL: '', REDIS_URL: '' } })
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`
  const answer = await fetch(`${server.url}/admin/config`, { headers: { authorization } })
  const { plugins, problems } = (await answer.json()) as {
    plugins: { plugin: string; options: { path: string; default?: unknown }[] }[]
    problems: unknown[]
  }
  expect(problems).toEqual([])
  const known = plugins.flatMap(({ plugin, options }) =>
    options.map((option) => [`${plugin}.${option.path}`, option.default] as const),
  )
  const defaults = new Map<string, unknown>(known)
  const rows = [...README.matchAll(/^\| `([a-z]+\.[\w.]+)` \| (?:`(.*?)`)? *\|/gm)]
  expect(rows.length).toBeGreaterThan(10)
  for (const [, path = '', shown] of rows) {
    expect([...defaults.keys()]).toContain(path)
    if (shown !== undefined) expect([path, JSON.stringify(defaults.get(path))]).toEqual([path, shown])
  }
})

/** Lines that begin with `$`, each with those that it prints. */
function commandsOf(text: string): { readonly command: string; readonly output: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.trimEnd().split('\n')
      return { command, output: output.join('\n') }
    })
}

/** `…` stands for whatever there is. */
function patternOf(output: string): RegExp {
  const parts = output.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}
