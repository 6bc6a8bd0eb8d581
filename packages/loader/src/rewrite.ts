// Rewrites an ES module to a generator function: its first step hands out its exports, its second one runs it.
import type {
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  Identifier,
  ImportDeclaration,
  Literal,
  Program,
  Token,
} from 'acorn'
import { boundNames } from './bindings.ts'
import { type Edit, emit } from './emit.ts'
import {
  ALL,
  type ImportedName,
  type IndirectExport,
  type ModuleCode,
  type ModuleRequest,
  type Rewritten,
} from './module-code.ts'
import type { Place, Positions } from './positions.ts'
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
  const parts = new ModuleParts(input)
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') parts.addImport(node)
    else if (node.type === 'ExportAllDeclaration') parts.addExportAll(node.source, node.exported, node)
    else if (node.type === 'ExportNamedDeclaration') parts.addNamed(node)
    else if (node.type === 'ExportDefaultDeclaration') parts.addDefault(node, names.default)
  }
  parts.sortOutReexports()

  const scope = analyseScope(program, new Set([...parts.locals.keys(), ...parts.own.map(([, local]) => local)]))
  const edits = [...parts.edits]
  const reassigned = new Set<string>()
  for (const reference of scope.references) {
    const { name } = reference.node
    const imported = parts.locals.get(name)
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
    ...parts.requests.map((_, index) => names.request(index)),
  ]
  const getters = parts.own.map(([exported, local]) => `${JSON.stringify(exported)},()=>${local}`)
  const anonymous = parts.hasAnonymousFunction ? `,${names.default}` : ''
  const prefix = `(${kind}(${parameters.join(',')}){"use strict";${names.exports}([${getters.join(',')}]${anonymous});yield;`
  const { text, mappings } = emit({ code, tokens: input.tokens, edits, positions: input.positions, prefix })
  const module: ModuleCode = {
    kind: 'esm',
    // All values at once, so that no getter need be compiled to read them.
    code: `${text}\n;return[${parts.own.map(([, local]) => local).join(',')}]})`,
    async: scope.hasTopLevelAwait,
    usesMeta: scope.metas.length > 0,
    usesImport: scope.dynamicImports.length > 0,
    requires: [],
    requests: parts.requests,
    imported: [...parts.locals.values()],
    exports: parts.own.map(([exported]) => exported),
    live: parts.own.filter(([, local]) => scope.hasDirectEval || reassigned.has(local)).map(([exported]) => exported),
    indirect: parts.indirect,
    stars: parts.stars,
  }
  return { module, mappings }
}

/** Names for what the loader adds, that the module itself does not use. */
class PrivateNames {
  readonly #prefix: string

  constructor(code: string) {
    let prefix = '__cf'
    while (code.includes(prefix)) prefix += '_'
    this.#prefix = prefix
  }

  get exports(): string {
    return `${this.#prefix}e`
  }

  get meta(): string {
    return `${this.#prefix}m`
  }

  get import(): string {
    return `${this.#prefix}i`
  }

  get default(): string {
    return `${this.#prefix}d`
  }

  request(index: number): string {
    return `${this.#prefix}${index}`
  }

  access({ request, name }: ImportedName): string {
    if (name === ALL) return this.request(request)
    return IDENTIFIER.test(name)
      ? `${this.request(request)}.${name}`
      : `${this.request(request)}[${JSON.stringify(name)}]`
  }
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

/** What a module's import and export declarations say, and the edits that take them out. */
class ModuleParts {
  readonly edits: Edit[] = []
  readonly requests: ModuleRequest[] = []
  /** Imports by their local name. */
  readonly locals = new Map<string, ImportedName>()
  /** Exported name and local name. */
  own: [exported: string, local: string][] = []
  readonly indirect: IndirectExport[] = []
  readonly stars: ImportedName[] = []
  hasAnonymousFunction = false
  readonly #input: RewriteInput

  constructor(input: RewriteInput) {
    this.#input = input
  }

  addImport(node: ImportDeclaration): void {
    const request = this.#request(node.source)
    for (const specifier of node.specifiers) {
      const name =
        specifier.type === 'ImportSpecifier'
          ? nameOf(specifier.imported)
          : specifier.type === 'ImportDefaultSpecifier'
            ? 'default'
            : ALL
      this.locals.set(specifier.local.name, { request, name, ...this.#position(specifier.start) })
    }
    this.#remove(node)
  }

  addExportAll(
    source: Literal,
    exported: Identifier | Literal | null | undefined,
    node: { start: number; end: number },
  ): void {
    const taken = { request: this.#request(source), name: ALL, ...this.#position(node.start) }
    if (exported) this.indirect.push({ ...taken, as: nameOf(exported) })
    else this.stars.push(taken)
    this.#remove(node)
  }

  addNamed(node: ExportNamedDeclaration): void {
    const { declaration } = node
    if (declaration) {
      const bound =
        declaration.type === 'VariableDeclaration'
          ? declaration.declarations.flatMap(({ id }) => boundNames(id))
          : [declaration.id]
      for (const { name } of bound) this.own.push([name, name])
      this.edits.push({ start: node.start, end: node.start + 'export'.length, text: '' })
      return
    }
    const request = node.source ? this.#request(node.source) : undefined
    for (const specifier of node.specifiers) {
      const name = nameOf(specifier.local)
      const as = nameOf(specifier.exported)
      const position = this.#position(specifier.start)
      if (request === undefined) {
        this.own.push([as, name])
      } else {
        this.indirect.push({ request, name, as, ...position })
      }
    }
    this.#remove(node)
  }

  addDefault(node: ExportDefaultDeclaration, privateName: string): void {
    const { declaration } = node
    const { start } = node
    const end = this.#firstToken(start + 'export'.length, 'default')
    const named =
      declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration' ? declaration.id : undefined
    this.own.push(['default', named?.name ?? privateName])
    if (named) {
      this.edits.push({ start, end, text: '' })
    } else if (declaration.type === 'FunctionDeclaration') {
      // Hoisted, as it would be; what takes the exports gives it its name.
      this.hasAnonymousFunction = true
      const at = this.#firstToken(declaration.start, '(') - 1
      this.edits.push({ start, end, text: '' }, { start: at, end: at, text: ` ${privateName}` })
    } else {
      // By way of a property, because that names an anonymous class or function `default`.
      this.edits.push({ start, end, text: `const{default:${privateName}}={default:` })
      const last = this.#expressionEnd(declaration.end, node.end)
      this.edits.push({ start: last, end: last, text: '};' })
    }
  }

  /** An exported import is an export of the module that it came from. */
  sortOutReexports(): void {
    this.own = this.own.filter(([as, local]) => {
      const imported = this.locals.get(local)
      if (imported) this.indirect.push({ ...imported, as })
      return !imported
    })
  }

  #remove({ start, end }: { start: number; end: number }): void {
    this.edits.push({ start, end, text: ';' })
  }

  /** Where an expression ends with the parentheses around it, which the tree leaves out. */
  #expressionEnd(from: number, limit: number): number {
    let end = from
    for (const token of this.#input.tokens) {
      if (token.start < from) continue
      if (token.start >= limit || token.type.label !== ')') break
      end = token.end
    }
    return end
  }

  /** Where the first token of a kind at or after an offset ends. */
  #firstToken(from: number, label: string): number {
    return this.#input.tokens.find((token) => token.start >= from && token.type.label === label)?.end ?? from
  }

  #request(source: Literal): number {
    const specifier = String(source.value)
    const known = this.requests.findIndex((request) => request.specifier === specifier)
    if (known >= 0) return known
    return this.requests.push({ specifier, ...this.#position(source.start) }) - 1
  }

  #position(offset: number): Place {
    return this.#input.positions.near(offset)
  }
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value)
}

function importEdit({ node, role }: Reference, access: string, statementStarts: ReadonlySet<number>): Edit {
  const { start, end, name } = node
  if (role === 'shorthand') return { start, end, text: `${name}:${access}` }
  if (role === 'plain' || !/[.[]/.test(access)) return { start, end, text: access }
  return { start, end, text: `${statementStarts.has(start) ? ';' : ''}(0,${access})` }
}
