// Plugins that are npm packages: installed by npm as it is, from tarballs that npm packed and from a registry on this machine.
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { DICE, type Place, packed, place } from './tally-process.ts'

it('a packed tarball adds its command, for good, also where the tarball is gone; uninstalling takes it away', async () => {
  const { tally, folder, data } = await place()
  await tally('counter', 'increment')
  const tarball = packed(DICE, folder)
  expect(await tally('plugins', 'install', basename(tarball))).toEqual({
    code: 0,
    stdout: 'Installed tally-dice 1.0.0: its plugin "dice" adds roll.\n',
    stderr: '',
  })
  await rm(tarball)
  expect((await tally('roll', '--sides', '20', '--dice', '3')).stdout).toMatch(/^(\d|1\d|20)( (\d|1\d|20)){2}\n$/)
  expect((await tally('--help')).stdout).toMatch(
    /Commands of the plugin dice 1\.0\.0:\n {2}roll \[options\] +roll dice\n/,
  )
  expect((await tally('plugins')).stdout).toMatch(/● dice +1\.0\.0 +roll +npm: tally-dice\n/)
  expect((await tally('counter', 'increment')).stdout).toBe('2\n')
  expect((await tally('plugins', 'uninstall', 'dice')).stdout).toBe('Uninstalled tally-dice.\n')
  expect(await tally('roll')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no command "roll"'),
  })
  expect(await readdir(join(data, 'packages/tarballs'))).toEqual([])
})

it('a newer version takes the place of the one before; a version that is no plugin does not', async () => {
  const { tally, folder } = await place()
  const version = (number: string, more: object = {}) =>
    packedFrom(folder, { version: number, 'cf-plugin': './plugin.js', ...more }, { 'plugin.js': adds('hop', number) })
  await tally('plugins', 'install', await version('1.0.0'))
  expect((await tally('hop')).stdout).toBe('1.0.0\n')
  expect((await tally('plugins', 'install', await version('2.0.0'))).stdout).toMatch(/Installed tally-hop 2\.0\.0/)
  expect((await tally('hop')).stdout).toBe('2.0.0\n')
  const bad = await tally('plugins', 'install', await version('3.0.0', { 'cf-plugin': './missing.js' }))
  expect(bad).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/was not installed\. .*there is no entry "\.\/missing\.js"/),
  })
  expect((await tally('hop')).stdout).toBe('2.0.0\n')
})

it('no script of a package is run, and one that is no plugin is taken out again', async () => {
  const { tally, folder, data } = await place()
  const ran = join(folder, 'ran')
  const scripts = { postinstall: `node -e "require('fs').writeFileSync('${ran}', '')"` }
  const tarball = await packedFrom(folder, { scripts }, { 'index.js': '' })
  const { code, stdout, stderr } = await tally('plugins', 'install', tarball)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(
    /^error: .* was not installed\. tally-hop is no plugin: its package\.json has neither the keyword "cf-plugin" .*\n$/,
  )
  await expect(readFile(ran)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(JSON.parse(await readFile(join(data, 'packages/package.json'), 'utf8')).dependencies ?? {}).toEqual({})
})

it('one that does not start is installed, says why with 1, and leaves the others alone', async () => {
  const { tally, folder } = await place()
  const tarball = await packedFrom(folder, { 'cf-plugin': './plugin.js' }, { 'plugin.js': adds('greet', 'stolen') })
  const installed = await tally('plugins', 'install', tarball)
  expect(installed.code).toBe(1)
  expect(installed.stderr).toMatch(
    /^error: tally-hop 1\.0\.0 is installed, and does not run: .*adds the command "greet", which/,
  )
  expect((await tally('counter', 'show')).code).toBe(0)
  expect((await tally('plugins', 'uninstall', 'tally-hop')).code).toBe(0)
  expect((await tally('greet')).stdout).toBe('Good day, world!\n')
})

it('a package is installed by its name from a registry; what that has not, and one that is not there, is told in one line', async () => {
  const here = await place()
  const url = await registry(packed(DICE, here.folder))
  const { tally } = here.with({ npm_config_registry: url, npm_config_cache: join(here.folder, 'npm-cache') })
  expect((await tally('plugins', 'install', 'tally-dice@1')).stdout).toMatch(/^Installed tally-dice 1\.0\.0/)
  expect((await tally('roll')).stdout).toMatch(/^[1-6]\n$/)
  expect((await tally('plugins', 'install', 'tally-nothing')).stderr).toBe(
    'error: tally-nothing was not installed: the registry has no such package\n',
  )
  expect((await tally('plugins', 'install', 'tally-dice@7')).stderr).toBe(
    'error: tally-dice@7 was not installed: the registry has the package, but not that version\n',
  )
  const gone = here.with({
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_fetch_retries: '0',
    npm_config_cache: join(here.folder, 'none'),
  })
  expect((await gone.tally('plugins', 'install', 'tally-more')).stderr).toBe(
    'error: tally-more was not installed: the registry cannot be reached (ECONNREFUSED)\n',
  )
  expect((await tally('roll')).code).toBe(0)
})

it('npm that hangs is ended in time, npm that is not there is told, and a tarball that is none', async () => {
  const here = await place()
  const tarball = join(here.folder, 'x.tgz')
  await writeFile(tarball, 'no tarball')
  const broken = await here.tally('plugins', 'install', tarball)
  expect(broken).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: \S+x\.tgz was not installed: npm failed .*\n$/),
  })
  const bin = await fakeNpm(here, '#!/bin/sh\nsleep 60 & echo $! > "$PIDS"; wait\n')
  const pids = join(here.folder, 'pids')
  const slow = here.with({ PATH: `${bin}:${process.env.PATH}`, PIDS: pids })
  expect((await slow.tally('plugins', 'install', '--timeout', '0.5', 'x')).stderr).toBe(
    'error: x was not installed: npm did not end within 0.5 s\n',
  )
  // And so is what it had started.
  const pid = Number(await readFile(pids, 'utf8'))
  await vi.waitUntil(() => !runs(pid), { timeout: 10_000 })
  const none = here.with({ PATH: join(here.folder, 'nowhere') })
  expect((await none.tally('plugins', 'install', 'x')).stderr).toBe(
    'error: npm cannot be run: there is no npm on the PATH\n',
  )
})

/** A plugin, in JavaScript, that adds a command which prints a text. */
const adds = (name: string, text: string) =>
  `export const PLUGIN_META = { name: 'hop', version: '1.0.0', dependencies: ${name === 'greet' ? "['greet']" : '[]'} }
  export const register = (app) => ({ setup: () => void app.command('${name}').action(() => console.log('${text}')) })`

/** A tarball of a package that is made for it. */
async function packedFrom(folder: string, manifest: object, files: Readonly<Record<string, string>>): Promise<string> {
  const from = join(folder, 'package')
  await rm(from, { recursive: true, force: true })
  await mkdir(from)
  for (const [name, text] of Object.entries(files)) await writeFile(join(from, name), text)
  const all = { name: 'tally-hop', version: '1.0.0', type: 'module', ...manifest }
  await writeFile(join(from, 'package.json'), JSON.stringify(all))
  return packed(from, folder)
}

/** Whether a process does anything: one that is dead may still have its number, until somebody asks how it ended. */
function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return /^[^Z\s]/.test(stdout)
}

/** A folder with another npm, for the PATH. */
async function fakeNpm({ folder }: Place, script: string): Promise<string> {
  const bin = join(folder, 'fake')
  await mkdir(bin)
  await writeFile(join(bin, 'npm'), script)
  await chmod(join(bin, 'npm'), 0o755)
  return bin
}

/** A registry that has this tarball, as version 1.0.0 of tally-dice, and nothing else. */
async function registry(tarball: string): Promise<string> {
  const bytes = await readFile(tarball)
  const server = createServer((request, response) => {
    if (request.url === '/tally-dice.tgz') return response.end(bytes)
    if (request.url !== '/tally-dice') return response.writeHead(404).end('{}')
    const dist = { tarball: `http://${request.headers.host}/tally-dice.tgz` }
    const versions = { '1.0.0': { name: 'tally-dice', version: '1.0.0', dist } }
    response.setHeader('content-type', 'application/json')
    return response.end(JSON.stringify({ name: 'tally-dice', 'dist-tags': { latest: '1.0.0' }, versions }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
