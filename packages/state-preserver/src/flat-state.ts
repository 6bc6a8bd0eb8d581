// State as a flat table of plain data, and back. `v8.serialize` alone would lose objects without prototype, properties
// of errors, dates and maps, AggregateErrors, and views of one buffer, and overflows the stack on a long chain.
import { define, isIndex, lengthOfView } from './clone-state.ts'
import { type Contents, kindNamed, kindOf, type ViewSource } from './value-kinds.ts'

/** One object of the state. */
export type FlatObject = readonly [
  kind: string,
  /** What the kind needs to make one. */
  seed: unknown,
  /** Elements, entries or items, then the values of the properties. */
  values: readonly unknown[],
  /** Positions in `values` of numbers that stand for objects: their places in the table. */
  references: readonly number[],
  /** Names of the properties. */
  keys: readonly string[],
  /** How many of them, from the first, a loop does not show. */
  hidden: number,
]

/** Objects that others need to be made come before those; the first is an array with the state as its one element. */
export type FlatState = readonly FlatObject[]

/** The state, which must be a copy that `cloneState` made, as plain data that shares its strings and bytes. */
export function flatten(state: unknown): FlatState {
  return new Flattener().flatten(state)
}

/** The state that was flattened. @throws Error where `flat` is not what `flatten` returns */
export function unflatten(flat: FlatState): unknown {
  const objects: object[] = []
  for (const row of flat) objects.push(begin(row, objects))
  for (const [index, row] of flat.entries()) fill(objects[index] as object, row, objects)
  return (objects[0] as [unknown])[0]
}

interface OpenRow {
  readonly source: object
  readonly contents: Contents
  readonly values: unknown[]
  readonly references: number[]
  readonly keys: readonly string[]
}

const NONE: readonly never[] = []

class Flattener {
  readonly #table: FlatObject[] = []
  readonly #places = new Map<object, number>()
  // Filled one after the other instead of by recursion, so that a long chain cannot overflow the stack.
  readonly #open: OpenRow[] = []
  /** One list of names for all objects of a shape: it is written once. */
  readonly #shapes = new Map<string, readonly string[]>()

  flatten(state: unknown): FlatState {
    this.#place([state])
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) this.#fill(next)
    return this.#table
  }

  #place(source: object): number {
    const known = this.#places.get(source)
    if (known !== undefined) return known
    const kind = kindOf(source)
    if (kind === undefined) throw new TypeError('only what cloneState() returned can be flattened')
    const { name, contents } = kind
    if (contents === 'view') {
      const { buffer, byteOffset } = source as ArrayBufferView
      const seed = [this.#place(buffer), byteOffset, lengthOfView(source as ArrayBufferView)]
      return this.#add(source, [name, seed, NONE, NONE, NONE, 0])
    }
    const seed = kind.seed(source)
    if (contents === 'bytes' || contents === 'nothing') return this.#add(source, [name, seed, NONE, NONE, NONE, 0])
    const hidden = contents === 'error' ? hiddenKeys(source) : NONE
    const keys = this.#shapeOf(contents === 'elements' ? namesIn(source as unknown[]) : Object.keys(source), hidden)
    const row: OpenRow = { source, contents, values: [], references: [], keys }
    this.#open.push(row)
    return this.#add(source, [name, seed, row.values, row.references, keys, hidden.length])
  }

  #add(source: object, row: FlatObject): number {
    this.#places.set(source, this.#table.length)
    return this.#table.push(row) - 1
  }

  #shapeOf(shown: readonly string[], hidden: readonly string[]): readonly string[] {
    const keys = hidden.length === 0 ? shown : [...hidden, ...shown]
    if (keys.length === 0) return NONE
    const joined = keys.join()
    const shape = this.#shapes.get(joined)
    if (shape === undefined) this.#shapes.set(joined, keys)
    // A comma may also be in a name.
    return shape?.length === keys.length && shape.every((key, at) => key === keys[at]) ? shape : keys
  }

  #fill(row: OpenRow): void {
    const { source, contents, keys } = row
    if (contents === 'elements') this.#addElements(source as unknown[], row)
    else if (contents === 'entries') this.#addEntries(source as Map<unknown, unknown>, row)
    else if (contents === 'items') for (const item of source as Set<unknown>) this.#addValue(item, row)
    for (const key of keys) this.#addValue((source as Record<string, unknown>)[key], row)
  }

  #addElements(source: readonly unknown[], row: OpenRow): void {
    for (let index = 0; index < source.length; index++) {
      const value = source[index]
      // A hole stays a hole.
      if (value === undefined && !Object.hasOwn(source, index)) row.values.length++
      else this.#addValue(value, row)
    }
  }

  #addEntries(source: ReadonlyMap<unknown, unknown>, row: OpenRow): void {
    for (const [key, value] of source) {
      this.#addValue(key, row)
      this.#addValue(value, row)
    }
  }

  #addValue(value: unknown, { values, references }: OpenRow): void {
    if (typeof value !== 'object' || value === null) values.push(value)
    else references.push(values.push(this.#place(value)) - 1)
  }
}

/** The names of an array's properties that are not elements, which come first among its keys. */
function namesIn(array: readonly unknown[]): string[] {
  const keys = Object.keys(array)
  let first = keys.length
  while (first > 0 && !isIndex(keys[first - 1] as string)) first--
  return keys.slice(first)
}

function begin([name, seed]: FlatObject, objects: readonly object[]): object {
  const kind = kindNamed(name)
  if (kind === undefined) throw new TypeError(`"${name}" is no kind of value`)
  if (kind.contents !== 'view') return kind.begin(seed as object)
  const [place, byteOffset, length] = seed as [number, number, number]
  return kind.begin({ buffer: objects[place] as ArrayBuffer, byteOffset, length } satisfies ViewSource)
}

function fill(object: object, [name, , flat, references, keys, hidden]: FlatObject, objects: readonly object[]): void {
  const values = flat as unknown[]
  for (const at of references) values[at] = objects[values[at] as number]
  const held = values.length - keys.length
  switch (kindNamed(name)?.contents) {
    case 'elements':
      fillArray(object as unknown[], values, held)
      break
    case 'entries':
      for (let at = 0; at < held; at += 2) (object as Map<unknown, unknown>).set(values[at], values[at + 1])
      break
    case 'items':
      for (let at = 0; at < held; at++) (object as Set<unknown>).add(values[at])
  }
  for (const [index, key] of keys.entries()) {
    const value = values[held + index]
    if (index < hidden || key === '__proto__') define(object, key, value, index >= hidden)
    else (object as Record<string, unknown>)[key] = value
  }
}

function fillArray(array: unknown[], values: readonly unknown[], held: number): void {
  array.length = held
  for (let at = 0; at < held; at++) if (at in values) array[at] = values[at]
}

/** An error's message, stack and cause are properties that a loop over its keys does not show. */
function hiddenKeys(error: object): string[] {
  return Object.getOwnPropertyNames(error).filter((key) => !Object.prototype.propertyIsEnumerable.call(error, key))
}
