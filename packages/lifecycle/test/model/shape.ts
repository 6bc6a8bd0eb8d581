// What one version of a modelled plugin is like, and the versions that are drawn.
import fc from 'fast-check'

/** One version of a plugin. */
export interface Shape {
  readonly name: string
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  /** Of its handlers. */
  readonly priority: 'high' | 'normal'
  readonly stateVersion: number
  readonly enabled: boolean
  readonly strategy: 'exclusive' | 'overlap'
  /** Whether it gives its state up in a reload. */
  readonly discards: boolean
  /** Whether its host holds something for it. */
  readonly holds: boolean
}

/** What a change of a plugin's file changes; what it leaves out stays. */
export type Edit = { readonly name: string } & Partial<Omit<Shape, 'name' | 'enabled'>>

const PLAIN = {
  enabled: true,
  version: '1.0.0',
  dependencies: {},
  optionalDependencies: {},
  priority: 'normal',
  stateVersion: 1,
  strategy: 'exclusive',
  discards: false,
  holds: true,
} as const

/** The first version of each plugin: a diamond, an optional dependency, and one that waits to be enabled. */
export const SHAPES: readonly Shape[] = [
  { ...PLAIN, name: 'a' },
  { ...PLAIN, name: 'b', dependencies: { a: '^1.0.0' }, strategy: 'overlap', holds: false },
  { ...PLAIN, name: 'c', dependencies: { a: '*' }, optionalDependencies: { e: '*' }, strategy: 'overlap' },
  { ...PLAIN, name: 'd', dependencies: { b: '*', c: '*' }, strategy: 'overlap' },
  { ...PLAIN, name: 'e', strategy: 'overlap' },
  { ...PLAIN, name: 'f', dependencies: { e: '*' }, enabled: false },
]
export const NAMES: readonly string[] = SHAPES.map(({ name }) => name)

/** A plugin that needs nobody, and that everybody can use who waits for it. */
export function bareShape(name: string, wanted: readonly Shape[]): Shape {
  const ranges = wanted.flatMap(({ dependencies }) => dependencies[name] ?? [])
  return { ...PLAIN, name, version: ranges.includes('^2.0.0') ? '2.0.0' : '1.1.0' }
}

export const name = fc.constantFrom(...NAMES)

const version = fc.constantFrom('1.0.0', '1.1.0', '2.0.0')
const range = fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, fc.constantFrom('^1.0.0', '^2.0.0'))
/** Mostly of plugins that come before, so that circles are there, and not the rule. */
const needs = (of: string) => {
  const before = NAMES.slice(0, NAMES.indexOf(of))
  const names = fc.oneof(
    { weight: 3, arbitrary: fc.subarray([...before]) },
    fc.subarray(NAMES.filter((other) => other !== of)),
  )
  return fc.tuple(names, range).map(([list, wanted]) => Object.fromEntries(list.map((other) => [other, wanted])))
}

/** A save of a plugin's file: mostly other code that needs the same. */
export const edit: fc.Arbitrary<Edit> = name.chain((of) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ name: fc.constant(of) }) },
    {
      weight: 4,
      arbitrary: fc.record(
        {
          name: fc.constant(of),
          version: fc.constantFrom('1.0.0', '1.1.0'),
          priority: fc.constantFrom('high' as const, 'normal' as const),
          stateVersion: fc.integer({ min: 1, max: 3 }),
          strategy: fc.constantFrom('exclusive' as const, 'overlap' as const),
          discards: fc.integer({ min: 0, max: 5 }).map((of6) => of6 === 0),
          holds: fc.boolean(),
        },
        { requiredKeys: ['name'] },
      ),
    },
    {
      weight: 2,
      arbitrary: fc.record(
        { name: fc.constant(of), version, dependencies: needs(of), optionalDependencies: needs(of) },
        { requiredKeys: ['name'] },
      ),
    },
  ),
)
