// Whatever is sent arrives as structuredClone() would copy it, however it is packed.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PartMaker, pack, unpack } from '../src/wire-value.ts'

/** Functions cross by number, as a link's do. */
function crossing() {
  const functions: unknown[] = []
  const maker: PartMaker = {
    isOwn: () => false,
    isPart: () => false,
    part: (value) => (typeof value === 'function' ? ['function', functions.push(value) - 1] : undefined),
  }
  return (value: unknown) => {
    const { values, parts } = structuredClone(pack([value], maker))
    return unpack(values, parts, (_kind, id) => functions[id as number])[0]
  }
}

const anything = fc.anything({
  maxDepth: 12,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withNullPrototype: true,
  withTypedArray: true,
})

describe('a value that is sent', () => {
  it('arrives as its structured clone', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(crossing()(value)).toStrictEqual(structuredClone(value))
      }),
      { numRuns: 500 },
    )
  })

  it('arrives so with functions in it, which are put in at their places', () => {
    const place = fc.array(fc.oneof(fc.constantFrom('a', '__proto__', '0', 'constructor'), fc.string()), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(anything, place, (value, path) => {
        const fn = () => value
        const nest = (inner: unknown) => path.reduceRight((part, key) => Object.fromEntries([[key, part]]), inner)
        const arrived = crossing()({ beside: value, nested: nest(fn) }) as Record<'beside' | 'nested', unknown>
        const found = path.reduce(
          (part, key) => Object.getOwnPropertyDescriptor(part, key)?.value,
          arrived.nested as object,
        )
        expect(found).toBe(fn)
        expect(arrived.beside).toStrictEqual(structuredClone({ beside: value }).beside)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps what is shared in it shared, and turns in its own circles', () => {
    fc.assert(
      fc.property(anything, fc.boolean(), (value, hasFunction) => {
        const shared = { value }
        const sent: Record<string, unknown> = { one: shared, list: [shared, [shared]], fn: hasFunction ? () => 1 : 1 }
        sent.self = sent
        const arrived = crossing()(sent) as { one: unknown; list: [unknown, [unknown]]; self: unknown }
        expect([arrived.list[0], arrived.list[1][0]].every((each) => each === arrived.one)).toBe(true)
        expect(arrived.self).toBe(arrived)
      }),
    )
  })

  it('is not what becomes of it after that, where it waits to be posted', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const before = structuredClone(value)
        const packed = pack([value], { isOwn: () => false, isPart: () => false, part: () => undefined })
        if (packed.canWait) spoil(value)
        expect(packed.values[0]).toStrictEqual(before)
      }),
    )
  })
})

function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const part of Object.values(value)) spoil(part)
  if (Array.isArray(value)) value.push('spoiled')
  else (value as Record<string, unknown>).spoiled = true
}
