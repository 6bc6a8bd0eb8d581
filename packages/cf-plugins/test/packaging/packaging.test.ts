// What is published works for who installs it: from ESM, from CommonJS, from strict TypeScript, and each package without the others.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Consumer, type Outcome, type PackedPackage, packAll, workspaceVersion } from './consumer.ts'

const MINUTES = 60_000
const programsFolder = join(import.meta.dirname, 'programs')
const programs = (await readdir(programsFolder)).map((file) => basename(file, '.ts'))
/** Stands below the umbrella whose test this is: its program is made from its name alone, and `cf` is run. */
const CLI = '@cf-plugins/cli'

let tarballs: string
let packages: PackedPackage[]
const consumers: Consumer[] = []

beforeAll(async () => {
  tarballs = await mkdtemp(join(tmpdir(), 'cf-plugins-tarballs-'))
  packages = await packAll(tarballs)
}, 3 * MINUTES)

afterAll(async () => {
  await Promise.all([rm(tarballs, { recursive: true, force: true }), ...consumers.map((each) => each.remove())])
})

describe('all packages together', () => {
  let consumer: Consumer
  let compiled: Outcome

  beforeAll(async () => {
    consumer = await newConsumer()
    await consumer.install([
      ...packages.map(({ tarball }) => tarball),
      `@types/node@${workspaceVersion('@types/node')}`,
    ])
    await consumer.write('tsconfig.json', JSON.stringify(STRICT))
    for (const program of programs) {
      await consumer.copy(join(programsFolder, `${program}.ts`), `${program}.mts`)
      await consumer.copy(join(programsFolder, `${program}.ts`), `${program}.cts`)
    }
    await consumer.write('cli.mts', cliProgram())
    await consumer.write('cli.cts', cliProgram())
    compiled = await consumer.tsc()
  }, 5 * MINUTES)

  it('type-check in a strict project that checks our declarations too, as ESM and as CommonJS', () => {
    expect(compiled).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it.each(programs)('%s runs as ESM without a warning', async (program) => {
    expect(await consumer.node(`${program}.mjs`)).toEqual({ code: 0, stdout: `${program} works\n`, stderr: '' })
  })

  it.each(programs)('%s runs as CommonJS without a warning', async (program) => {
    expect(await consumer.node(`${program}.cjs`)).toEqual({ code: 0, stdout: `${program} works\n`, stderr: '' })
  })

  it.each(['mjs', 'cjs'])('the CLI is also a library, as %s', async (extension) => {
    expect(await consumer.node(`cli.${extension}`)).toEqual({ code: 0, stdout: 'cli works\n', stderr: '' })
  })

  it('put `cf` into the bin folder, which checks a plugin that imports a type only', async () => {
    await consumer.write('greeter.ts', PLUGIN)
    const { code, stdout, stderr } = await consumer.bin('cf', 'check', 'greeter.ts', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('greeter')
  })

  it('are the same objects for ESM and for CommonJS', async () => {
    const names = packages.map(({ name }) => name)
    await consumer.write('identity.mjs', identityProgram(names))
    const { stdout, stderr } = await consumer.node('identity.mjs')
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(names.map((name) => [name, 'same'])))
  })

  it('have a program each that uses what they export', async () => {
    const names = packages.map(({ name }) => name)
    await consumer.write('exports.mjs', exportsProgram(names))
    const { stdout } = await consumer.node('exports.mjs')
    const filled = packages.filter(({ name }) => name !== CLI && JSON.parse(stdout)[name] > 0)
    expect(programs).toEqual(expect.arrayContaining(filled.map(({ folder }) => folder)))
  })
})

describe('one package alone', () => {
  it(
    'graph brings graphlib and nothing else',
    async () => {
      const consumer = await newConsumer()
      await consumer.install(tarballsOf('@cf-plugins/graph'))
      expect(await consumer.installed()).toEqual(['@cf-plugins/graph', '@dagrejs/graphlib'])
      expect((await runProgram(consumer, 'graph')).stdout).toBe('graph works\n')
    },
    MINUTES,
  )

  it(
    'plugin-api brings nothing',
    async () => {
      const consumer = await newConsumer()
      await consumer.install(tarballsOf('@cf-plugins/plugin-api'))
      expect(await consumer.installed()).toEqual(['@cf-plugins/plugin-api'])
      expect((await runProgram(consumer, 'plugin-api')).stdout).toBe('plugin-api works\n')
    },
    MINUTES,
  )

  it(
    'hooks brings plugin-api and nothing else',
    async () => {
      const consumer = await newConsumer()
      await consumer.install(tarballsOf('@cf-plugins/hooks', '@cf-plugins/plugin-api'))
      expect(await consumer.installed()).toEqual(['@cf-plugins/hooks', '@cf-plugins/plugin-api'])
      expect((await runProgram(consumer, 'hooks')).stdout).toBe('hooks works\n')
    },
    MINUTES,
  )
})

const STRICT = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
  },
}

const PLUGIN = `import type { PluginMeta } from '@cf-plugins/plugin-api'
export const PLUGIN_META = { name: 'greeter', version: '1.0.0' } satisfies PluginMeta
export const register = () => ({ greet: (name: string) => \`hello \${name}\` })
`

async function newConsumer(): Promise<Consumer> {
  const consumer = await Consumer.create()
  consumers.push(consumer)
  return consumer
}

function tarballsOf(...names: string[]): string[] {
  return packages.filter(({ name }) => names.includes(name)).map(({ tarball }) => tarball)
}

/** Runs a program with its types taken out, in a project that has no compiler. */
async function runProgram(consumer: Consumer, program: string): Promise<Outcome> {
  const source = await readFile(join(programsFolder, `${program}.ts`), 'utf8')
  const { outputText } = transpileModule(source, {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
  })
  await consumer.write(`${program}.mjs`, outputText)
  return consumer.node(`${program}.mjs`)
}

function cliProgram(): string {
  return `import assert from 'node:assert/strict'
import { ExitCode, renderError } from '${CLI}'
assert.equal(ExitCode.ok satisfies number, 0)
assert.equal(typeof renderError, 'function')
console.log('cli works')
`
}

function identityProgram(names: readonly string[]): string {
  return `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const told = {}
for (const name of ${JSON.stringify(names)}) {
  const imported = await import(name)
  const required = require(name)
  const different = Object.keys(imported).filter((key) => imported[key] !== required[key])
  told[name] = different.length === 0 ? 'same' : 'differs: ' + different
}
console.log(JSON.stringify(told))
`
}

function exportsProgram(names: readonly string[]): string {
  return `const told = {}
for (const name of ${JSON.stringify(names)}) told[name] = Object.keys(await import(name)).length
console.log(JSON.stringify(told))
`
}
