// Rewrites an ES module to a generator function: its first step hands out its exports, its second one runs it.
import type { Program, Token } from 'acorn'
import { Declarations } from './declarations.ts'
import { type Edit, emit } from './emit.ts'
import type { ModuleCode, Rewritten } from './module-code.ts'
import type { Positions } from './positions.ts'
import { PrivateNames } from './private-names.ts'
import { analyseScope, type Reference } from './scope.ts'

export interface RewriteInput {
  /** JavaScript: the file's own text, or what a transform made of it. */
  readonly code: string
  readonly program: Program
  readonly tokens: readonly Token[]
  readonly positions: Positions
}

/**
 * The generator function's parameters are, in order: what takes the exports, `import.meta`, `import()`, and a
 * namespace object a request. An import `x` becomes `ns.x`, so that it is live; own names stay what they are.
 */
export function rewriteModule(input: RewriteInput): Rewritten {
  const { code, program } = input
  const names = new PrivateNames(code)
  const found = new Declarations(input.tokens, input.positions)
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') found.addImport(node)
    else if (node.type === 'ExportAllDeclaration') found.addExportAll(node.source, node.exported, node)
    else if (node.type === 'ExportNamedDeclaration') found.addNamed(node)
    else if (node.type === 'ExportDefaultDeclaration') found.addDefault(node, names.default)
  }
  found.sortOutReexports()

  const scope = analyseScope(program, new Set([...found.locals.keys(), ...found.own.map(([, local]) => local)]))
  const edits = [...found.edits]
  const reassigned = new Set<string>()
  for (const reference of scope.references) {
    const { name } = reference.node
    const imported = found.locals.get(name)
    if (imported) edits.push(importEdit(reference, names.access(imported), scope.statementStarts))
    else if (reference.write && reference.nested) reassigned.add(name)
  }
  for (const { start } of scope.dynamicImports) edits.push({ start, end: start + 'import'.length, text: names.import })
  for (const { start, end } of scope.metas) edits.push({ start, end, text: names.meta })
  // An insertion at the end of something comes before whatever begins there.
  edits.sort((a, b) => a.start - b.start || a.end - b.end)

  const kind = scope.hasTopLevelAwait ? 'async function*' : 'function*'
  const parameters = [
    names.exports,
    names.meta,
    names.import,
    ...found.requests.map((_, index) => names.request(index)),
  ]
  const getters = found.own.map(([exported, local]) => `${JSON.stringify(exported)},()=>${local}`)
  const anonymous = found.hasAnonymousFunction ? `,${names.default}` : ''
  const prefix = `(${kind}(${parameters.join(',')}){"use strict";${names.exports}([${getters.join(',')}]${anonymous});yield;`
  const { text, mappings } = emit({ code, tokens: input.tokens, edits, positions: input.positions, prefix })
  const module: ModuleCode = {
    kind: 'esm',
    // All values at once, so that no getter need be compiled to read them.
    code: `${text}\n;return[${found.own.map(([, local]) => local).join(',')}]})`,
    async: scope.hasTopLevelAwait,
    usesMeta: scope.metas.length > 0,
    usesImport: scope.dynamicImports.length > 0,
    requires: [],
    requests: found.requests,
    imported: [...found.locals.values()],
    exports: found.own.map(([exported]) => exported),
    live: found.own.filter(([, local]) => scope.hasDirectEval || reassigned.has(local)).map(([exported]) => exported),
    indirect: found.indirect,
    stars: found.stars,
  }
  return { module, mappings }
}

function importEdit({ node, role }: Reference, access: string, statementStarts: ReadonlySet<number>): Edit {
  const { start, end, name } = node
  if (role === 'shorthand') return { start, end, text: `${name}:${access}` }
  if (role === 'plain' || !/[.[]/.test(access)) return { start, end, text: access }
  return { start, end, text: `${statementStarts.has(start) ? ';' : ''}(0,${access})` }
}
