// PluginError and its kinds, also across copies of this package that a minifier has been through.
import { execFileSync } from 'node:child_process'
import { compileFunction } from 'node:vm'
import { buildSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { HotReloadError, messageOf, PluginError, StatePreservationError } from '../src/index.ts'

describe('a PluginError', () => {
  const cause = new Error('connect ECONNREFUSED')
  const issues = [{ path: 'name', message: 'is missing' }]
  const details = { plugin: 'auth', phase: 'setup', file: '/auth.ts', line: 3, column: 7, generation: 2, issues, cause }
  const error = new PluginError('CFP_SETUP_FAILED', 'It broke.', details)

  it('carries what it was told', () => {
    expect(error).toMatchObject({ code: 'CFP_SETUP_FAILED', message: 'It broke.', ...details })
  })

  it('has undefined where it was told nothing, and no cause', () => {
    const bare = new PluginError('CFP_X', 'message')
    expect(Object.keys(bare)).toEqual(['code'])
    expect(bare.plugin).toBeUndefined()
    expect('cause' in bare).toBe(false)
  })

  it("names its kind and its code in its stack's first line, and where it was thrown in the second", () => {
    const [first, second] = (new HotReloadError('CFP_X', 'message').stack ?? '').split('\n')
    expect(first).toBe('HotReloadError [CFP_X]: message')
    expect(second).toContain('errors.test.ts')
    expect(error.stack?.split('\n')[0]).toBe('PluginError [CFP_SETUP_FAILED]: It broke.')
    expect(String(error)).toBe('PluginError [CFP_SETUP_FAILED]: It broke.')
  })

  it('has the same first line where nobody maps stacks, as in plain Node', () => {
    const { text } = bundleOf("export { HotReloadError } from './errors.ts'")
    const print = `${text}; console.log(new module.exports.HotReloadError('CFP_X', 'message').stack)`
    const stack = execFileSync(process.execPath, ['-e', print], { encoding: 'utf8' }).split('\n')
    expect(stack[0]).toBe('HotReloadError [CFP_X]: message')
    expect(stack[1]).not.toContain('new ')
  })

  it('is plain data for logs, its cause a message', () => {
    const { cause: _, ...rest } = details
    const plain = { code: 'CFP_SETUP_FAILED', message: 'It broke.', ...rest, cause: 'connect ECONNREFUSED' }
    expect(JSON.parse(JSON.stringify(error))).toEqual(plain)
    expect(new PluginError('CFP_X', 'message').toJSON()).not.toHaveProperty('cause')
  })
})

describe('instanceof', () => {
  it('knows the kinds', () => {
    const reload = new HotReloadError('CFP_X', 'message')
    expect([reload instanceof PluginError, reload instanceof HotReloadError, reload instanceof Error]).toEqual([
      true,
      true,
      true,
    ])
    expect(reload instanceof StatePreservationError).toBe(false)
    expect(new PluginError('CFP_X', 'message') instanceof HotReloadError).toBe(false)
  })

  it.each([undefined, null, 1, 'text', {}, Object.create(null), new Error('other'), () => {}, PluginError])(
    'says no of %s',
    (value) => {
      expect(value instanceof PluginError).toBe(false)
    },
  )

  it("knows a host's own subclass by its prototype", () => {
    class OwnError extends PluginError {}
    class OtherError extends HotReloadError {}
    const own = new OwnError('CFP_X', 'message')
    expect([own instanceof OwnError, own instanceof PluginError]).toEqual([true, true])
    expect(new PluginError('CFP_X', 'message') instanceof OwnError).toBe(false)
    expect(new OtherError('CFP_X', 'message') instanceof OwnError).toBe(false)
    expect(new OtherError('CFP_X', 'message') instanceof HotReloadError).toBe(true)
    expect(String(own)).toBe('OwnError [CFP_X]: message')
  })

  it('holds across copies, both of them minified, each in its way', () => {
    const copies = ['', 'class Filler0 {}; class Filler1 {}; console.assert(Filler0, Filler1);'].map((banner) =>
      copyOf(banner),
    )
    const errors = copies.map((copy) => new copy.HotReloadError('CFP_X', 'message'))
    expect(copies[0]?.PluginError).not.toBe(copies[1]?.PluginError)
    for (const copy of [...copies, { PluginError, HotReloadError, StatePreservationError }]) {
      for (const error of errors) {
        expect(error instanceof copy.PluginError).toBe(true)
        expect(error instanceof copy.HotReloadError).toBe(true)
        expect(error instanceof copy.StatePreservationError).toBe(false)
        expect(String(error)).toBe('HotReloadError [CFP_X]: message')
      }
    }
  })
})

describe('messageOf', () => {
  it('tells the message of anything thrown, and never throws', () => {
    expect(messageOf(new Error('broken'))).toBe('broken')
    expect(messageOf('text')).toBe('text')
    expect(messageOf(undefined)).toBe('undefined')
    expect(messageOf(Object.create(null))).toBe('unknown')
  })
})

type Errors = {
  PluginError: typeof PluginError
  HotReloadError: typeof HotReloadError
  StatePreservationError: typeof StatePreservationError
}

function copyOf(prefix: string): Errors {
  const { text } = bundleOf(
    `${prefix} export { PluginError, HotReloadError, StatePreservationError } from './errors.ts'`,
  )
  const module = { exports: {} as Errors }
  compileFunction(text, ['module', 'exports'])(module, module.exports)
  return module.exports
}

function bundleOf(contents: string): { readonly text: string } {
  const stdin = { contents, resolveDir: `${import.meta.dirname}/../src` }
  const { outputFiles } = buildSync({
    stdin,
    bundle: true,
    minify: true,
    format: 'cjs',
    target: 'node20',
    write: false,
  })
  return outputFiles[0] ?? { text: '' }
}
