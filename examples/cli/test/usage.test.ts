// Mistakes of people: one line that says what is wrong, exit code 2, and nothing on stdout.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { place } from './tally-process.ts'

it.each<[string, RegExp]>([
  ['countr', /There is no command "countr"\. Did you mean "counter"\? See: tally --help/],
  ['counter', /tally counter needs a command: increment, show, reset\. See: tally counter --help/],
  ['counter incremnt', /unknown command 'incremnt' \(Did you mean increment\?\)\. See: tally counter --help/],
  ['counter increment --by', /option '--by <n>' argument missing\. See: tally counter increment --help/],
  [
    'counter increment --by 1e3',
    /argument '1e3' is invalid\. It must be a whole number from -1000000000 to 1000000000\./,
  ],
  ['counter increment --bogus', /unknown option '--bogus'\. See: tally counter increment --help/],
  ['digest', /missing required argument 'file'\. See: tally digest --help/],
  ['digest x --algorithm crc', /Allowed choices are sha256, sha512, blake2b512, md5\. See: tally digest --help/],
  ['greet Ada Bob', /too many arguments for 'greet'\..* See: tally greet --help/],
  ['help countr', /There is no command "countr"/],
  ['--bogus counter show', /unknown option '--bogus'\. See: tally --help/],
  ['--data', /option '--data <folder>' argument missing\. See: tally --help/],
  ['--plugins nowhere counter show', /There is no folder nowhere, which is to have the plugins/],
  ['--config nowhere.yaml counter show', /There is no file nowhere\.yaml, which is to have the plugins' configuration/],
  ['completion tcsh', /Allowed choices are bash, zsh, fish\. See: tally completion --help/],
  ['plugins install ./nowhere.tgz', /There is no file \.\/nowhere\.tgz/],
  [
    'plugins install plugins/_shared',
    /neither a tarball nor the name of a package\. It is a folder: make a tarball of it/,
  ],
  ['plugins install https://example.org/x', /neither a tarball nor the name of a package/],
  ['plugins install -- --registry=x', /neither a tarball nor the name of a package/],
  ['plugins install x --timeout 0', /It must be a number of seconds/],
  ['plugins uninstall dice', /dice is not installed\. Nothing is/],
])('tally %s', async (line, says) => {
  const { tally } = await place()
  const { code, stdout, stderr } = await tally(...line.split(' '))
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^error: [^\n]+\n$/)
  expect(stderr).toMatch(says)
})

it('a command that fails ends with 1, names its plugin, and shows stacks with --verbose', async () => {
  const { tally } = await place()
  const failed = await tally('digest', 'nowhere')
  expect(failed).toMatchObject({ code: 1, stdout: '' })
  expect(failed.stderr).toMatch(/^error: The command "digest" of plugin "digest" failed: ENOENT[^\n]+\n$/)
  expect((await tally('--verbose', 'digest', 'nowhere')).stderr).toMatch(/\n +at .*\n/)
})

it('an async command works on several files, and Ctrl-C ends one that lasts with 130', async () => {
  const { tally, start, folder, save } = await place()
  await writeFile(join(folder, 'a.txt'), 'a')
  await writeFile(join(folder, 'b.txt'), '')
  expect((await tally('digest', 'b.txt', 'a.txt', '-a', 'md5')).stdout).toBe(
    'd41d8cd98f00b204e9800998ecf8427e  b.txt\n0cc175b9c0f1b6a831c399e269772661  a.txt\n',
  )
  await save(
    'waiter.js',
    `export const PLUGIN_META = { name: 'waiter', version: '1.0.0' }
    export const register = (app) => ({
      setup: () => void app.command('wait').action(() => new Promise(() => { setInterval(() => {}, 1000); console.log('waiting') })),
      teardown: () => console.log('torn down'),
    })`,
  )
  const waiting = start('wait')
  await waiting.written('waiting')
  waiting.child.kill('SIGINT')
  expect(await waiting.ended).toEqual({ code: 130, stdout: 'waiting\ntorn down\n', stderr: '' })
})

it('the exit code that a command sets is kept, and an error that nobody caught is told and ends with 1', async () => {
  const { tally, save } = await place()
  await save(
    'odd.js',
    `export const PLUGIN_META = { name: 'odd', version: '1.0.0' }
    export const register = (app) => ({ setup() {
      app.command('seven').action(() => { process.exitCode = 7 })
      app.command('stray').action(() => new Promise(() => setTimeout(() => { throw new Error('nobody caught this') })))
    } })`,
  )
  expect(await tally('seven')).toEqual({ code: 7, stdout: '', stderr: '' })
  expect(await tally('stray')).toEqual({ code: 1, stdout: '', stderr: 'error: nobody caught this\n' })
})
