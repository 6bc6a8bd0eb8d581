// Makes a CommonJS file ready to run, and tells what can be told of its exports without running it.
import type { AnyNode, Expression, Program, Super } from 'acorn'
import { type Edit, emit } from './emit.ts'
import type { ModuleCode, Rewritten } from './module-code.ts'
import type { Parsed } from './parse.ts'
import type { Positions } from './positions.ts'
import { analyseScope } from './scope.ts'

/** The wrapper function's parameters are Node's five and then `import()`. */
export function wrapCommonJs(code: string, { program, tokens }: Parsed, positions: Positions): Rewritten {
  let importName = '__cfi'
  while (code.includes(importName)) importName += '_'
  const { dynamicImports } = analyseScope(program, new Set())
  const edits: Edit[] = dynamicImports.map(({ start }) => ({ start, end: start + 'import'.length, text: importName }))
  const prefix = `(function(exports,require,module,__filename,__dirname,${importName}){`
  const { text, mappings } = emit({ code, tokens, edits, positions, prefix })
  const module: ModuleCode = {
    kind: 'commonjs',
    code: `${text}\n})`,
    async: false,
    usesMeta: false,
    usesImport: dynamicImports.length > 0,
    requires: literalRequires(code),
    requests: [],
    imported: [],
    exports: exportNamesOf(program),
    live: [],
    indirect: [],
    stars: [],
  }
  return { module, mappings }
}

/** What is given to `require` as a literal. In a comment too, which does no harm: nothing runs for it. */
function literalRequires(code: string): string[] {
  const found = code.matchAll(/\brequire\s*\(\s*(['"])([^'"\n\\]+)\1\s*\)/g)
  return [...new Set([...found].map(([, , specifier]) => specifier ?? ''))]
}

/** Names in top-level `exports.x = ...`, `module.exports = { x }` and `Object.defineProperty(exports, 'x', ...)`. */
function exportNamesOf(program: Program): string[] {
  const names = new Set<string>(['default'])
  for (const statement of program.body) {
    if (statement.type !== 'ExpressionStatement') continue
    for (let node: AnyNode = statement.expression; node.type === 'AssignmentExpression'; node = node.right) {
      const { left, right } = node
      if (left.type !== 'MemberExpression') break
      if (isExports(left)) {
        for (const name of keysOf(right)) names.add(name)
      } else if (isExports(left.object) && left.property.type === 'Identifier') {
        names.add(left.property.name)
      }
    }
    const { expression } = statement
    if (expression.type === 'CallExpression' && expression.callee.type === 'MemberExpression') {
      const [target, key] = expression.arguments
      if (target?.type !== 'SpreadElement' && target && isExports(target) && key?.type === 'Literal')
        names.add(String(key.value))
    }
  }
  names.delete('__esModule')
  return [...names]
}

function isExports(node: Expression | Super): boolean {
  if (node.type === 'Identifier') return node.name === 'exports'
  return (
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    node.object.name === 'module' &&
    node.property.type === 'Identifier' &&
    node.property.name === 'exports'
  )
}

function keysOf(node: AnyNode): string[] {
  if (node.type !== 'ObjectExpression') return []
  return node.properties.flatMap((property) =>
    property.type === 'Property' && !property.computed && property.key.type === 'Identifier' ? [property.key.name] : [],
  )
}
