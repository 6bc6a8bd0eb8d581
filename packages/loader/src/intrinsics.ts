// Notices when a plugin changes what every other part of the process shares: the prototypes of the language.

const PROTOTYPES: Readonly<Record<string, object>> = Object.fromEntries(
  [Object, Function, Array, String, Number, Boolean, Symbol, Promise, Map, Set, RegExp, Date, Error].map((type) => [
    `${type.name}.prototype`,
    type.prototype as object,
  ]),
)

interface Snapshot {
  readonly name: string
  readonly prototype: object
  readonly keys: readonly PropertyKey[]
  /** Values of data properties, in the order of `keys`; `undefined` for accessors. */
  readonly values: readonly unknown[]
}

/** Compares the prototypes with what they were. One a loader. */
export class IntrinsicsWatch {
  #snapshots: readonly Snapshot[] | undefined

  /** What changed since the last call, such as `Array.prototype.last`; nothing at the first one. */
  changes(): string[] {
    const before = this.#snapshots
    if (!before) {
      this.#snapshots = Object.entries(PROTOTYPES).map(([name, prototype]) => snapshotOf(name, prototype))
      return []
    }
    const changed: string[] = []
    this.#snapshots = before.map((snapshot) => {
      if (isSame(snapshot)) return snapshot
      const now = snapshotOf(snapshot.name, snapshot.prototype)
      changed.push(...differences(snapshot, now))
      return now
    })
    return changed
  }
}

function snapshotOf(name: string, prototype: object): Snapshot {
  const keys = Reflect.ownKeys(prototype)
  return { name, prototype, keys, values: keys.map((key) => dataValue(prototype, key)) }
}

/** Without a getter's call: some of these throw. */
function dataValue(prototype: object, key: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(prototype, key)?.value
}

function isSame({ prototype, keys, values }: Snapshot): boolean {
  if (Reflect.ownKeys(prototype).length !== keys.length) return false
  for (let index = 0; index < keys.length; index++) {
    const value = values[index]
    // Reading is much cheaper than a descriptor, and safe where it was a value.
    if (value !== undefined && (prototype as Record<PropertyKey, unknown>)[keys[index] as PropertyKey] !== value)
      return false
  }
  return true
}

function differences(before: Snapshot, now: Snapshot): string[] {
  const was = new Map(before.keys.map((key, index) => [key, before.values[index]]))
  const is = new Map(now.keys.map((key, index) => [key, now.values[index]]))
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((key) => was.has(key) !== is.has(key) || was.get(key) !== is.get(key))
    .map((key) => `${before.name}.${String(key)}`)
}
