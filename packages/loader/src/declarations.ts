// What a module's import and export declarations say.
import type {
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  Identifier,
  ImportDeclaration,
  Literal,
  Token,
} from 'acorn'
import { boundNames } from './bindings.ts'
import type { Edit } from './emit.ts'
import type { Place } from './mappings.ts'
import { ALL, type ImportedName, type IndirectExport, type ModuleRequest } from './module-code.ts'
import type { Positions } from './positions.ts'

/** Collects them, with the edits that take them out of the code. */
export class Declarations {
  readonly edits: Edit[] = []
  readonly requests: ModuleRequest[] = []
  /** Imports by their local name. */
  readonly locals = new Map<string, ImportedName>()
  /** Exported name and local name. */
  own: [exported: string, local: string][] = []
  readonly indirect: IndirectExport[] = []
  readonly stars: ImportedName[] = []
  hasAnonymousFunction = false
  readonly #tokens: readonly Token[]
  readonly #positions: Positions

  constructor(tokens: readonly Token[], positions: Positions) {
    this.#tokens = tokens
    this.#positions = positions
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
    for (const token of this.#tokens) {
      if (token.start < from) continue
      if (token.start >= limit || token.type.label !== ')') break
      end = token.end
    }
    return end
  }

  /** Where the first token of a kind at or after an offset ends. */
  #firstToken(from: number, label: string): number {
    return this.#tokens.find((token) => token.start >= from && token.type.label === label)?.end ?? from
  }

  #request(source: Literal): number {
    const specifier = String(source.value)
    const known = this.requests.findIndex((request) => request.specifier === specifier)
    if (known >= 0) return known
    return this.requests.push({ specifier, ...this.#position(source.start) }) - 1
  }

  #position(offset: number): Place {
    return this.#positions.near(offset)
  }
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value)
}
