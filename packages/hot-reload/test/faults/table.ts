// Which faults are proven by which tests: collected from the tests' titles, and written into docs/reload.md.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { FAULT_GROUPS } from './rows.ts'

/** A test that says in its title which faults it proves. */
export interface FaultTest {
  /** The folder of its package. */
  readonly project: string
  readonly title: string
  readonly faults: readonly number[]
}

const root = join(import.meta.dirname, '../../../..')
const BEGIN = '<!-- faults: written by `pnpm --filter @cf-plugins/hot-reload faults-table` -->'
const END = '<!-- end of faults -->'

/** The guide that has the table. */
export const GUIDE = join(root, 'docs/reload.md')

/** The tests of all packages whose titles end in `(fault 1)` or `(faults 1, 2)`. */
export function faultTests(): FaultTest[] {
  return readdirSync(join(root, 'packages')).flatMap((project) => {
    const folder = join(root, 'packages', project, 'test')
    if (!existsSync(folder)) return []
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return files
      .filter((file) => file.endsWith('.test.ts'))
      .sort()
      .flatMap((file) => testsIn(readFileSync(join(folder, file), 'utf8')))
      .map((test) => ({ project, ...test }))
  })
}

/** The guide with the table as the tests are now. @throws where the guide has no place for it */
export function withTable(guide: string, tests: readonly FaultTest[]): string {
  const from = guide.indexOf(BEGIN)
  const to = guide.indexOf(END)
  if (from < 0 || to < from) throw new Error(`${GUIDE} must have ${BEGIN} and ${END}`)
  return `${guide.slice(0, from)}${BEGIN}\n\n${tableOf(tests)}\n\n${guide.slice(to)}`
}

function tableOf(tests: readonly FaultTest[]): string {
  return FAULT_GROUPS.map(({ title, rows }) => {
    const lines = Object.entries(rows).map(([number, text]) => {
      const proven = tests.filter(({ faults }) => faults.includes(Number(number)))
      return `| ${number} | ${text} | ${proven.length > 0 ? cell(proven) : 'not yet'} |`
    })
    return [`### ${title}`, '', '| | what goes wrong, and what holds | proven by |', '|---|---|---|', ...lines].join(
      '\n',
    )
  }).join('\n\n')
}

/** A line a package, its tests behind it. */
function cell(tests: readonly FaultTest[]): string {
  const projects = [...new Set(tests.map(({ project }) => project))]
  return projects
    .map((project) => {
      const titles = tests.filter((test) => test.project === project).map(({ title }) => asText(title))
      return `\`${project}\`: ${titles.join('; ')}`
    })
    .join('<br>')
}

function testsIn(source: string): Omit<FaultTest, 'project'>[] {
  if (!/\(faults? \d/.test(source)) return []
  const found: Omit<FaultTest, 'project'>[] = []
  const visit = (node: ts.Node, around: string): void => {
    const called = ts.isCallExpression(node) ? calledWith(node) : undefined
    if (called?.kind === 'describe') around = `${around} ${called.title}`.trim()
    else if (called) {
      const [, title = '', numbers = ''] = /^(.*) \(faults? ([\d, ]+)\)$/s.exec(called.title) ?? []
      const whole = `${around} ${title}`.trim()
      if (numbers) found.push({ title: shown(whole), faults: numbers.split(',').map(Number) })
    }
    ts.forEachChild(node, (child) => visit(child, around))
  }
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.ESNext), '')
  return found
}

/** The title of `it('...')`, `test.each(...)('...')`, `describe('...')` and the like; nothing for what does not run. */
function calledWith(call: ts.CallExpression): { readonly kind: string; readonly title: string } | undefined {
  const [first] = call.arguments
  if (!first || !(ts.isStringLiteralLike(first) || ts.isTemplateExpression(first))) return undefined
  let callee: ts.Expression = call.expression
  while (!ts.isIdentifier(callee)) {
    if (ts.isPropertyAccessExpression(callee) && /^(?:skip|todo|only)$/.test(callee.name.text)) return undefined
    if (!ts.isPropertyAccessExpression(callee) && !ts.isCallExpression(callee)) return undefined
    callee = callee.expression
  }
  if (!/^(?:it|test|describe)$/.test(callee.text)) return undefined
  const text = ts.isStringLiteralLike(first)
    ? first.text
    : first.head.text + first.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
  return { kind: callee.text, title: text }
}

/** As Markdown shows it word by word. */
function asText(title: string): string {
  return title.replaceAll(/`[^`]*`|[_*<|]/g, (found) => (found.startsWith('`') ? found : `\\${found}`))
}

/** Without the places where a case stands. */
function shown(title: string): string {
  return title.replaceAll(/%[sijdo]/g, '…').replaceAll('\n', ' ')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(GUIDE, withTable(readFileSync(GUIDE, 'utf8'), faultTests()))
}
