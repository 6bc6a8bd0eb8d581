// The README alone is enough: its blocks, saved one after the other in an empty folder that has the packed packages, do what it says they do.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Consumer, packAll, workspaceVersion } from './consumer.ts'
import { HostProcess } from './host-process.ts'
import { filesInTheEnd, type ReadmeStep, readmeSteps } from './readme-steps.ts'

const MINUTES = 60_000
const steps = await readmeSteps()
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const withTypes = major > 22 || (major === 22 && minor >= 18) ? [] : ['--import', 'tsx']

let tarballs: string
let reader: Consumer
const hosts: HostProcess[] = []
let folders = 0

beforeAll(async () => {
  tarballs = await mkdtemp(join(tmpdir(), 'cf-plugins-tarballs-'))
  const packages = await packAll(tarballs)
  reader = await Consumer.empty()
  const ours = packages.map(({ tarball }) => tarball)
  for (const command of stepOf(1).commands.flatMap((line) => line.split(' && '))) await run(command, ours)
}, 6 * MINUTES)

afterEach(() => {
  for (const host of hosts.splice(0)) host.kill()
})

afterAll(async () => {
  await Promise.all([rm(tarballs, { recursive: true, force: true }), reader?.remove()])
})

it(
  'takes its reader through a plugin, a hook, a service, state and configuration, in one run of the host',
  async () => {
    expect(stepOf(2).commands).toEqual(['node main.ts', 'node --import tsx main.ts'])
    const folder = newFolder()
    await walk(
      saving(folder, (file, text) => [file, text]),
      () => hosted([...withTypes, 'main.ts'], folder),
    )
  },
  3 * MINUTES,
)

it(
  'does the same in JavaScript',
  async () => {
    const folder = newFolder()
    await walk(
      saving(folder, (file, text) => [file.replace(/\.ts$/, '.js'), javaScriptOf(file, text)]),
      () => hosted(['main.js'], folder),
    )
  },
  3 * MINUTES,
)

it(
  'has a test of a plugin, which passes',
  async () => {
    await saving('.', (file, text) => [file, text])(...steps)
    expect(stepOf(8).commands).toEqual(['node --test visits.test.ts', 'node --import tsx --test visits.test.ts'])
    expect(await reader.node(...withTypes, '--test', '--test-reporter', 'tap', 'visits.test.ts')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('# pass 1'),
    })
  },
  MINUTES,
)

// Our declarations are checked in the first one.
it.each([{}, { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }])(
  'type-checks with the tsconfig.json that it gives, and %o',
  async (more) => {
    await saving('.', (file, text) => [file, text])(...steps)
    const { compilerOptions } = JSON.parse(filesInTheEnd(steps).get('tsconfig.json') ?? '')
    await reader.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { ...compilerOptions, ...more }, include: ['*.ts', 'plugins'] }),
    )
    expect(await reader.tsc()).toEqual({ code: 0, stdout: '', stderr: '' })
  },
  3 * MINUTES,
)

/** One of the README's commands, with what is packed in place of what is published, and versions that are known to be had. */
async function run(command: string, ours: readonly string[]): Promise<void> {
  const [npm, verb = '', ...args] = command.split(' ')
  expect(npm, command).toBe('npm')
  if (verb !== 'install') return reader.npm(verb, ...args)
  const names = args.filter((each) => !each.startsWith('-') && each !== 'cf-plugins' && each !== 'typescript')
  const theirs = names.map((name) => `${name}@${workspaceVersion(name)}`)
  await reader.install([
    ...args.filter((each) => each.startsWith('-')),
    ...(args.includes('cf-plugins') ? ours : []),
    ...theirs,
  ])
}

function javaScriptOf(file: string, text: string): string {
  if (!file.endsWith('.ts')) return text
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 }
  return transpileModule(text, { compilerOptions }).outputText.replace(/(from '\.\/.*)\.ts'/g, "$1.js'")
}

/** Steps 2 to 7, with what the README says besides its blocks. */
async function walk(save: (...steps: readonly ReadmeStep[]) => Promise<Edit>, start: () => HostProcess): Promise<void> {
  const edit = await save(stepOf(2))
  const first = start()
  await seen(first, stepOf(2))
  await edit('plugins/greeter.ts', "'Hello'", "'Welcome'")
  await first.line('Welcome')

  for (const number of [3, 4, 5]) {
    first.mark()
    await save(stepOf(number))
    await seen(first, stepOf(number))
  }
  await edit('plugins/visits.ts', '+ 1', '+ 10')
  // By one from the last line on, until the new code serves; then by ten.
  await countsBy(first, 10)
  await edit('plugins/visits.ts', 'setup(', 'setup')
  await first.line(
    /^cf-plugins error CFP_SYNTAX: Plugin "visits" \(plugins.visits\.[tj]s\) could not be loaded: .*\(plugins.visits\.[tj]s:\d+:\d+\)\.$/,
  )
  await countsBy(first, 10)
  await edit('plugins/visits.ts', 'setup', 'setup(')
  expect(await first.interrupt()).toBe(0)

  await save(stepOf(6), stepOf(7), { ...stepOf(5), commands: [] })
  const second = start()
  await seen(second, stepOf(7))
  await edit('plugins.yaml', 'Welcome', 'Hi')
  await second.line(/^HI, VISIT \d+$/)
  expect(await second.interrupt()).toBe(0)
  expect(second.text).not.toContain('cf-plugins error')
}

type Edit = (file: string, from: string, to: string) => Promise<void>

/** Saves the files of steps into a folder of the reader's, as `as` says. Gives what edits one. */
function saving(folder: string, as: (file: string, text: string) => readonly [string, string]) {
  const texts = new Map<string, string>()
  const write = async (file: string, text: string) => {
    texts.set(file, text)
    const [name, content] = as(file, text)
    await reader.write(join(folder, name), content)
  }
  const edit: Edit = async (file, from, to) => {
    const text = texts.get(file) ?? ''
    expect(text, file).toContain(from)
    await write(file, text.replace(from, to))
  }
  return async (...saved: readonly ReadmeStep[]): Promise<Edit> => {
    for (const { files } of saved) for (const [file, text] of files) await write(file, text)
    return edit
  }
}

/** One that nobody has saved anything in, also where a test has a second try. */
function newFolder(): string {
  folders += 1
  return `run-${folders}`
}

function hosted(args: readonly string[], folder: string): HostProcess {
  const host = new HostProcess(process.execPath, args, join(reader.folder, folder))
  hosts.push(host)
  return host
}

async function seen(host: HostProcess, { output }: ReadmeStep): Promise<void> {
  for (const line of output) await host.line(line)
}

/** Waits until two lines in a row are so far apart. */
async function countsBy(host: HostProcess, by: number): Promise<void> {
  const count = async () => Number(/\d+$/.exec(await host.line(/^HELLO, VISIT \d+$/))?.[0])
  for (let last = await count(), tries = 0; ; tries++) {
    const next = await count()
    if (next === last + by) return
    expect(tries).toBeLessThan(10)
    last = next
  }
}

function stepOf(number: number): ReadmeStep {
  const step = steps.find((each) => each.number === number)
  if (!step) throw new Error(`The README has no step ${number}.`)
  return step
}
