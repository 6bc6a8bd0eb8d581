// What oxc makes of a file means what esbuild makes of it, and what would not is left to esbuild.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'acorn'
import { expect, test } from 'vitest'
import { Esbuild } from '../src/esbuild.ts'
import { Oxc } from '../src/oxc.ts'

const oxc = new Oxc()
await oxc.ready()
const esbuild = new Esbuild()

/** A program without what does not matter: places, quotes, and where esbuild puts things another way round. */
function meaningOf(code: string): unknown {
  return simplified(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }))
}

function simplified(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(simplified)
  if (typeof node !== 'object' || node === null || node instanceof RegExp)
    return typeof node === 'bigint' ? `${node}n` : node
  const { start: _start, end: _end, raw: _raw, ...rest } = node as Record<string, unknown>
  const { type, body } = rest
  // esbuild gives a name that hides one of the module's another number.
  if (type === 'Identifier') return rest.name === 'undefined' ? UNDEFINED : `${rest.name}`.replace(/\d+$/, '')
  if (type === 'UnaryExpression' && rest.operator === 'void') return UNDEFINED
  // It writes expressions that it thinks are too new as texts.
  if (rest.regex) return rest.regex
  if (type === 'NewExpression' && (rest.callee as { name?: string }).name === 'RegExp') {
    const [pattern, flags] = rest.arguments as { value?: unknown }[]
    if (typeof pattern?.value === 'string') return { flags: flags?.value ?? '', pattern: pattern.value }
  }
  if (type === 'Program') rest.body = (body as { type: string }[]).filter(isNoEmptyExport)
  if (type === 'ClassBody') {
    const isField = ({ type }: { type: string }) => type === 'PropertyDefinition'
    const members = body as { type: string }[]
    rest.body = [...members.filter(isField), ...members.filter((member) => !isField(member))]
  }
  if (type === 'Property') rest.shorthand = false
  // `(a?.b)?.c` is `a?.b?.c`.
  for (const key of ['object', 'callee']) {
    const inner = rest[key] as { type: string; expression: unknown } | undefined
    if (rest.optional && inner?.type === 'ChainExpression') rest[key] = inner.expression
  }
  const simple = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, simplified(value)]))
  return type === 'BinaryExpression' && simple.operator === '+' ? joined(simple) : (textOf(simple) ?? simple)
}

/** Text that esbuild puts together: quasis and expressions in turn. */
interface Text {
  readonly parts: readonly unknown[]
}

function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function textOf(node: Record<string, unknown>): Text | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return { parts: [node.value] }
  if (node.type !== 'TemplateLiteral') return undefined
  const quasis = node.quasis as { value: { cooked: string } }[]
  const expressions = node.expressions as unknown[]
  return { parts: quasis.flatMap(({ value }, index) => [value.cooked, ...expressions.slice(index, index + 1)]) }
}

function joined(sum: Record<string, unknown>): unknown {
  const left = sum.left as Partial<Text> & { operator?: string; right?: Partial<Text> }
  const right = sum.right as Partial<Text>
  if (!right.parts) return sum
  if (left.parts) return { parts: concatenated(left.parts, right.parts) }
  if (left.operator !== '+' || !left.right?.parts) return sum
  return { ...left, right: { parts: concatenated(left.right.parts, right.parts) } }
}

function concatenated(first: readonly unknown[], second: readonly unknown[]): unknown[] {
  return [...first.slice(0, -1), `${first.at(-1)}${second[0]}`, ...second.slice(1)]
}

const UNDEFINED = 'undefined'

function isNoEmptyExport(node: {
  type: string
  specifiers?: readonly unknown[]
  declaration?: unknown
  source?: unknown
}): boolean {
  return (
    node.type !== 'ExportNamedDeclaration' || node.specifiers?.length !== 0 || Boolean(node.declaration ?? node.source)
  )
}

const ROOT = join(import.meta.dirname, '../../..')

/** Of this repository: what several hands wrote, with what TypeScript has. */
function* typeScriptFiles(): Generator<string> {
  for (const group of ['packages', 'examples']) {
    for (const name of readdirSync(join(ROOT, group))) {
      for (const part of ['src', 'plugins']) {
        const folder = join(ROOT, group, name, part)
        if (!existsSync(folder)) continue
        const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
        for (const file of files) if (/(?<!\.d)\.ts$/.test(file)) yield join(folder, file)
      }
    }
  }
}

test('every TypeScript file of this repository means the same by either', async () => {
  const files = [...typeScriptFiles()]
  let same = 0
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    const quick = oxc.run(text, file)
    if (!quick) continue
    const [ours, theirs] = [meaningOf(quick.code), meaningOf((await esbuild.run(text, file)).code)]
    // As texts first, which is quick.
    if (JSON.stringify(ours, inOrder) !== JSON.stringify(theirs, inOrder)) expect(ours, file).toEqual(theirs)
    same++
  }
  console.info(`${same} of ${files.length} files mean the same`)
  expect(same).toBeGreaterThan(files.length / 2)
}, 60_000)

const LEFT = {
  'a decorator': '@named class A {}; function named() {}',
  'a decorator that does not begin its line': 'const A = @named class {}; function named() {}',
  'a decorator of a member': 'class A { x = 1; @named y() {} }; function named() {}',
  accessor: 'class A { accessor x = 1 }',
  'an enum, which is there before its line': 'export const early = A; export enum A { B }',
  'a namespace': 'export namespace A { export let b = 1 }',
  'an import that is an alias': "import * as b from 'node:fs'; import a = b.promises; export { a }",
  using: 'function f(resource: Disposable): void { using held = resource }',
  'a syntax error': 'const = 1',
  'an error that only esbuild knows': 'export const a = 1; export { a }',
}

test.each(Object.entries(LEFT))('%s is left to esbuild', async (_, text) => {
  const quick = oxc.run(text, 'a.ts')
  const taken = (code: string): unknown => meaningOf(code)
  if (quick) expect(() => taken(quick.code)).toThrow(SyntaxError)
})
