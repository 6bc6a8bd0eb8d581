// Every kind of bad input: one clear error with a code, and an exit code that a script can use.
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Ended, jsonLines, place } from './support/cf.ts'
import { pluginSource } from './support/sources.ts'

const fine = { 'plugins/fine.ts': pluginSource('fine') }

/** What a person sees of the errors: a code each. */
function codesIn({ stderr }: Ended): string[] {
  return [...stderr.matchAll(/^error (CFP_\w+): \S.*$/gm)].map(([, code]) => code ?? '')
}

/** Bad folders: what is in them, how they are named, and what is said. */
const folders: Record<string, { files?: Record<string, string>; path: string; code: string; says: RegExp }> = {
  'no folder': { path: 'nowhere', code: 'CFP_FOLDER_MISSING', says: /nowhere does not exist\. Create it/ },
  'an empty folder': {
    files: { 'plugins/readme.md': '' },
    path: 'plugins',
    code: 'CFP_CLI_NO_PLUGINS',
    says: /no plugin in \S+plugins/,
  },
  "a file in the folder's place": {
    files: { afile: '' },
    path: 'afile/plugins',
    code: 'CFP_FOLDER_UNREADABLE',
    says: /can't be read: ENOTDIR/,
  },
}

/** Bad plugins: what they are, and what is said. */
const plugins: Record<string, { files: Record<string, string>; code: string; says: RegExp }> = {
  'a syntax error': {
    files: { 'plugins/bad.ts': 'export const PLUGIN_META = {\n  name: = \n}' },
    code: 'CFP_SYNTAX',
    says: /plugins\/bad\.ts:2:\d+/,
  },
  'a file that is no plugin': {
    files: { 'plugins/bad.ts': 'export const answer = 42' },
    code: 'CFP_NOT_A_PLUGIN',
    says: /plugins\/bad\.ts/,
  },
  'bad metadata': {
    files: { 'plugins/bad.ts': pluginSource('Bad Name', { meta: 'dependencies: 7' }) },
    code: 'CFP_META_INVALID',
    says: /name.*dependencies|dependencies.*name/s,
  },
  'a name that is there twice': {
    files: { 'plugins/one.ts': pluginSource('same'), 'plugins/two.ts': pluginSource('same') },
    code: 'CFP_DUPLICATE_NAME',
    says: /"same".*one\.ts.*two\.ts|"same".*two\.ts.*one\.ts/,
  },
  'a missing dependency': {
    files: { 'plugins/bad.ts': pluginSource('bad', { meta: "dependencies: ['fime']" }) },
    code: 'CFP_DEPENDENCY_MISSING',
    says: /"bad" needs "fime", which is not there.*Did you mean "fine"/,
  },
  'a circle': {
    files: {
      'plugins/a.ts': pluginSource('a', { meta: "dependencies: ['b']" }),
      'plugins/b.ts': pluginSource('b', { meta: "dependencies: ['a']" }),
    },
    code: 'CFP_DEPENDENCY_CYCLE',
    says: /a -> b -> a|b -> a -> b/,
  },
  'a range that is not met': {
    files: { 'plugins/bad.ts': pluginSource('bad', { meta: "dependencies: { fine: '^2.0.0' }" }) },
    code: 'CFP_DEPENDENCY_RANGE',
    says: /"bad" needs "fine" \^2\.0\.0, but version 1\.0\.0/,
  },
}

describe.each(Object.entries(folders))('%s', (_title, { files, path, code, says }) => {
  test.each([
    ['run', 'run', path],
    ['check', 'check', path],
    ['list', 'list', path],
  ])('%s tells it and ends with 1', async (_command, ...args) => {
    const here = await place(files)
    const ended = await here.cf(...args)
    expect(codesIn(ended)).toEqual([code])
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(says) })
  })

  test('with --json it is one line of JSON on stdout', async () => {
    const here = await place(files)
    const { code: exitCode, stdout, stderr } = await here.cf('check', path, '--json')
    expect(jsonLines(stdout)).toMatchObject([{ error: { code, message: expect.stringMatching(says) } }])
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
  })
})

test.runIf(process.getuid?.() !== 0)('a folder that may not be read, which for root there is not', async () => {
  const here = await place(fine)
  await chmod(join(here.folder, 'plugins'), 0)
  const ended = await here.cf('check', 'plugins')
  await chmod(join(here.folder, 'plugins'), 0o700)
  expect(codesIn(ended)).toEqual(['CFP_FOLDER_UNREADABLE'])
  expect(ended.code).toBe(1)
})

describe.each(Object.entries(plugins))('%s', (_title, { files, code, says }) => {
  test('check tells it once, where it is, and ends with 1', async () => {
    const here = await place({ ...fine, ...files })
    const ended = await here.cf('check', 'plugins')
    expect(codesIn(ended)).toEqual([code])
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(says) })
    expect(ended.stderr).toMatch(/plugins\/\w+\.ts/)
    expect(ended.stdout).toContain('1 to correct')
  })

  test('run starts the others, tells it, and ends with 1 after --once', async () => {
    const here = await place({ ...fine, ...files })
    const ended = await here.cf('run', 'plugins', '--once')
    expect(codesIn(ended)).toContain(code)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(says) })
    expect(ended.stdout).toMatch(/^ {2}fine ·*▒*█+ \d/m)
  })

  test('with --json every line is JSON, and the problem is in it', async () => {
    const here = await place({ ...fine, ...files })
    const checked = await here.cf('check', 'plugins', '--json')
    expect(jsonLines(checked.stdout)).toMatchObject([{ ok: false, problems: [{ code }] }])
    const ran = await here.cf('run', 'plugins', '--once', '--json')
    expect(jsonLines(ran.stdout)).toMatchObject([
      { event: 'started', active: expect.arrayContaining(['fine']) },
      { event: 'stopped' },
    ])
    expect(ran.stdout).toContain(code)
    expect([checked.code, ran.code]).toEqual([1, 1])
  })
})

describe('the command line', () => {
  test.each([
    ['an unknown command', ['lisst'], 'CFP_CLI_UNKNOWN_COMMAND', /"lisst"\. Did you mean "list"/],
    ['an unknown option', ['list', '--bogus'], 'CFP_CLI_USAGE', /unknown option '--bogus'/],
    ['an unknown option of cf itself', ['--bogus', 'list'], 'CFP_CLI_USAGE', /unknown option '--bogus'/],
    ['a missing argument', ['check'], 'CFP_CLI_USAGE', /missing required argument 'path'/],
    ['a number that is none', ['run', 'plugins', '--concurrency', 'many'], 'CFP_CLI_USAGE', /whole number from 1/],
    ['an unknown log level', ['run', 'plugins', '--log-level', 'loud'], 'CFP_CLI_USAGE', /debug, info, warn/],
    ['options that exclude each other', ['graph', '--dot', '--json'], 'CFP_CLI_USAGE', /cannot be used with/],
  ])('%s is told, and ends with 2', async (_title, args, code, says) => {
    const here = await place(fine)
    const ended = await here.cf(...args)
    if (args.includes('--json')) expect(jsonLines(ended.stdout)).toMatchObject([{ error: { code } }])
    else expect(codesIn(ended)).toEqual([code])
    expect(ended.stdout + ended.stderr).toMatch(says)
    expect(ended.code).toBe(2)
  })

  test('nothing at all is answered with help, and ends with 2', async () => {
    const ended = await (await place()).cf()
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage: cf') })
  })

  test('help and the version end with 0', async () => {
    const here = await place({ 'plugins/a.ts': pluginSource('a', { body: "setup() { console.log('started') }" }) })
    expect(await here.cf('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Examples:') })
    expect(await here.cf('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    const { code, stdout } = await here.cf('help', 'run')
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('--watch') })
    expect(stdout).not.toContain('started')
  })
})

test.each([
  ['reload', ['reload', 'fine', '--path', 'plugins']],
  ['enable', ['enable', 'fine', '--path', 'plugins']],
  ['disable', ['disable', 'fine', '--path', 'plugins']],
])('%s without a host ends with 3', async (_title, args) => {
  const here = await place(fine)
  const ended = await here.cf(...args)
  expect(codesIn(ended)).toEqual(['CFP_CLI_NO_HOST'])
  expect(ended).toMatchObject({ code: 3, stdout: '' })
})

test('a plugin that nobody knows is told with the nearest name', async () => {
  const here = await place(fine)
  const unknown = await here.cf('explain', 'fime', 'plugins')
  expect(codesIn(unknown)).toEqual(['CFP_PLUGIN_UNKNOWN'])
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('Did you mean "fine"?') })
})

test('stacks are shown with --verbose only', async () => {
  const here = await place({ 'plugins/bad.ts': 'throw new Error("at import")' })
  const quiet = await here.cf('check', 'plugins')
  expect(quiet.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m)
  const verbose = await here.cf('check', 'plugins', '--verbose')
  expect(verbose.stderr).toMatch(/Error: at import\n\s+at .*bad\.ts:1/)
})
