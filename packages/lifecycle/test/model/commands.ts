// What people and the rest of the host do, in any order, without waiting for each other.
import fc from 'fast-check'
import { type Edit, edit, name } from './shape.ts'

/** One thing that is done. */
export type Command =
  | { readonly kind: 'enable' | 'disable' | 'unload' | 'restart'; readonly name: string }
  | { readonly kind: 'add'; readonly edit: Edit }
  /** `cancel`: it is called off on its way, or something newer comes. */
  | { readonly kind: 'reload'; readonly edits: readonly Edit[]; readonly cancel?: 'signal' | 'superseded' | undefined }
  /** A save in which a plugin gives itself another name. */
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'configure'; readonly name: string; readonly isBroken: boolean }
  /** The same while they run, as a transaction. */
  | {
      readonly kind: 'reconfigure'
      readonly names: readonly string[]
      readonly isBroken: boolean
      readonly isCancelled: boolean
    }
  | { readonly kind: 'emit'; readonly slow: boolean }
  | { readonly kind: 'relay' | 'lease' | 'linger' | 'listened' | 'get' | 'comeBack'; readonly name: string }
  | { readonly kind: 'publish' | 'ask' | 'askSync' | 'wait' | 'start' }

/** Whatever is no operation of the lifecycle. */
export const TRAFFIC: ReadonlySet<string> = new Set([
  'emit',
  'publish',
  'relay',
  'listened',
  'lease',
  'linger',
  'get',
  'ask',
  'askSync',
])

const of = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds)

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: of('enable', 'disable'), name }) },
  { weight: 2, arbitrary: fc.record({ kind: of('unload', 'restart'), name }) },
  { weight: 4, arbitrary: fc.record({ kind: of('add'), edit }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: of('reload'),
      edits: fc.uniqueArray(edit, { minLength: 1, maxLength: 3, selector: (each) => each.name }),
      cancel: fc.integer({ min: 0, max: 12 }).map((of13) => (['signal', 'superseded'] as const)[of13]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: of('rename'), name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: of('configure'),
      name,
      isBroken: fc.integer({ min: 0, max: 2 }).map((of3) => of3 === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: of('reconfigure'),
      names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      isBroken: fc.integer({ min: 0, max: 5 }).map((of6) => of6 === 0),
      isCancelled: fc.integer({ min: 0, max: 7 }).map((of8) => of8 === 0),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: of('emit'), slow: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: of('relay', 'lease', 'listened'), name }) },
  { weight: 3, arbitrary: fc.record({ kind: of('comeBack'), name }) },
  // It takes real time.
  { weight: 1, arbitrary: fc.record({ kind: of('linger'), name }) },
  { weight: 4, arbitrary: fc.record({ kind: of('publish', 'ask', 'askSync') }) },
  { weight: 4, arbitrary: fc.record({ kind: of('wait', 'start') }) },
)
