// Reads a YAML document's nodes into located values: keys checked, aliases followed within bounds, variables put in.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from 'yaml'
import type { ConfigProblem } from './config-problem.ts'
import type { Located, LocatedEntry, LocatedMap, LocatedScalar } from './located.ts'
import { type Environment, substitute } from './variables.ts'
import { MAX_DEPTH, type PositionOf } from './yaml-text.ts'

/** With what aliases repeat. */
export const MAX_VALUES = 100_000
/** Longer ones are no names, and would fill the messages. */
const LONGEST_KEY = 200
/** A place in the prototype chain, and no setting. */
const DANGEROUS = new Set(['__proto__', 'constructor', 'prototype'])

export interface LocateOptions {
  readonly positionOf: PositionOf
  readonly environment: Environment
  /** Whom the whole document concerns; else each key of it is a plugin's. */
  readonly plugin?: string | undefined
}

/** The document's value, and what is wrong with it: all of it, at once. */
export function locate(
  document: Document.Parsed,
  options: LocateOptions,
): { root: Located; problems: ConfigProblem[] } {
  const walk = new Locator(options)
  const root = walk.node(document.contents, 0, [])
  return { root, problems: walk.problems }
}

class Locator {
  readonly problems: ConfigProblem[] = []
  readonly #options: LocateOptions
  /** `undefined` while the value is being read. */
  readonly #anchors = new Map<string, Located | undefined>()

  constructor(options: LocateOptions) {
    this.#options = options
  }

  /** @param from Where nothing stands, if there is no node. */
  node(node: Node | null | undefined, from: number, path: readonly string[]): Located {
    const offset = node?.range?.[0] ?? from
    if (isAlias(node)) return this.#alias(node.source, offset, path)
    const anchor = (isScalar(node) || isMap(node) || isSeq(node)) && node.anchor
    if (anchor) this.#anchors.set(anchor, undefined)
    const located = this.#bounded(this.#value(node, offset, path), offset, path)
    if (anchor) this.#anchors.set(anchor, located)
    return located
  }

  #value(node: Node | null | undefined, offset: number, path: readonly string[]): Located {
    if (isMap(node)) return this.#map(node, offset, path)
    if (isSeq(node)) {
      const items = node.items.map((item, at) => this.node(item as Node, offset, [...path, `${at}`]))
      return { kind: 'list', items, ...this.#measured(items, offset) }
    }
    if (isScalar(node)) return this.#scalar(node, offset, path)
    return this.#nothing(offset)
  }

  #map(map: YAMLMap, offset: number, path: readonly string[]): LocatedMap {
    const entries = new Map<string, LocatedEntry>()
    const merged: Located[] = []
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      const at = key?.range?.[0] ?? offset
      if (isMergeKey(key)) {
        const from = this.node(value, at, path)
        merged.push(...(from.kind === 'list' ? from.items : [from]))
        if (merged.some(({ kind, isBroken }) => kind !== 'map' && !isBroken)) {
          this.#tell(at, 'CFP_CONFIG_SYNTAX', path, '<< takes an alias of a map, or a list of such')
        }
        continue
      }
      const name = this.#key(key, at, path)
      const read = this.node(value, at, name === undefined ? path : [...path, name])
      if (name === undefined) continue
      const first = entries.get(name)
      if (first) {
        const { line } = first.key
        this.#tell(at, 'CFP_CONFIG_SYNTAX', [...path, name], `the key "${name}" was there before, on line ${line}`)
      } else entries.set(name, { key: this.#options.positionOf(at), node: read })
    }
    // What stands here wins over what is merged, and what is merged first over the rest.
    for (const from of merged) {
      if (from.kind !== 'map') continue
      for (const [name, entry] of from.entries) if (!entries.has(name)) entries.set(name, entry)
    }
    const nodes = Array.from(entries.values(), (entry) => entry.node)
    return { kind: 'map', entries, ...this.#measured(nodes, offset) }
  }

  #key(key: Node | null, offset: number, path: readonly string[]): string | undefined {
    if (!isScalar(key) || key.value === null) {
      return void this.#tell(offset, 'CFP_CONFIG_SYNTAX', path, 'a key must be a text')
    }
    const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
    if (name.length > LONGEST_KEY) {
      return void this.#tell(offset, 'CFP_CONFIG_KEY', path, `a key has at most ${LONGEST_KEY} characters`)
    }
    if (DANGEROUS.has(name)) {
      return void this.#tell(offset, 'CFP_CONFIG_KEY', [...path, name], `the key "${name}" is refused: rename it`)
    }
    return name
  }

  #scalar(scalar: Scalar, offset: number, path: readonly string[]): Located {
    const { value, source = '', type } = scalar
    const base = { kind: 'scalar', ...this.#measured([], offset) } as const
    if (typeof value === 'number' && type === 'PLAIN' && losesDigits(value, source)) {
      this.#tell(
        offset,
        'CFP_CONFIG_VALUE',
        path,
        'is a number that is not kept as it is written: put it in quotes where it is a text',
        'warning',
      )
    }
    if (typeof value !== 'string') return { ...base, value: value as LocatedScalar['value'] }
    if (!value.includes('${')) return { ...base, value }
    const { text, variables, replaced, problems } = substitute(value, this.#options.environment)
    for (const problem of problems) this.#tell(offset, 'CFP_CONFIG_VARIABLE', path, problem)
    return { ...base, value: text, ...(replaced && { from: { variables, quoted: type !== 'PLAIN' } }) }
  }

  #alias(name: string, offset: number, path: readonly string[]): Located {
    const target = this.#anchors.get(name)
    if (target) return this.#bounded({ ...target, position: this.#options.positionOf(offset) }, offset, path)
    const why = this.#anchors.has(name) ? 'stands inside what it names' : 'names nothing that stands before it'
    this.#tell(offset, 'CFP_CONFIG_SYNTAX', path, `the alias *${name} ${why}`)
    return this.#broken(offset)
  }

  /** The value, or nothing where it is more than a configuration: so much that to copy it would hurt. */
  #bounded(located: Located, offset: number, path: readonly string[]): Located {
    if (located.height <= MAX_DEPTH && located.size <= MAX_VALUES) return located
    const what = located.height > MAX_DEPTH ? `more than ${MAX_DEPTH} levels deep` : `more than ${MAX_VALUES} values`
    this.#tell(offset, 'CFP_CONFIG_LIMIT', path, `with what its aliases repeat this is ${what}`)
    return this.#broken(offset)
  }

  #nothing(offset: number): LocatedScalar {
    return { kind: 'scalar', value: null, ...this.#measured([], offset) }
  }

  /** In the place of what was told to be wrong. */
  #broken(offset: number): LocatedScalar {
    return { ...this.#nothing(offset), isBroken: true }
  }

  #measured(parts: readonly Located[], offset: number): Pick<Located, 'position' | 'size' | 'height'> {
    return {
      position: this.#options.positionOf(offset),
      size: parts.reduce((sum, { size }) => sum + size, 1),
      height: parts.reduce((most, { height }) => Math.max(most, height), 0) + 1,
    }
  }

  #tell(
    offset: number,
    code: ConfigProblem['code'],
    path: readonly string[],
    message: string,
    severity: ConfigProblem['severity'] = 'error',
  ): void {
    const { plugin = path[0], positionOf } = this.#options
    const inner = this.#options.plugin === undefined ? path.slice(1) : path
    this.problems.push({ code, severity, plugin, path: inner.join('.'), message, ...positionOf(offset) })
  }
}

/** Docker's and many others' way to share maps; in quotes it is a key as any. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN
}

/** `0777` is 777 to YAML 1.2, and of a number with 20 digits the last are lost. */
function losesDigits(value: number, source: string): boolean {
  return /^[-+]?0\d/.test(source) || (/^[-+]?\d+$/.test(source) && !Number.isSafeInteger(value))
}
