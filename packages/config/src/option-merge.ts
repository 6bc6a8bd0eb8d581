// Several schemas of one value, laid together: an intersection's parts, a union's branches.
import { type JsonType, type OptionNode, type OptionProperty, withInside } from './option-node.ts'

/** What holds all at once: the parts of one schema, of which the first says most. */
export function both(nodes: readonly [OptionNode, ...OptionNode[]]): OptionNode {
  const [first] = nodes
  if (nodes.length < 2) return first
  return merged(nodes, (count) => count > 0, {
    types: nodes.reduce((types, node) => inBoth(types, node.types), first.types),
    otherKeys: keysOf(nodes, ['refused', 'dropped', 'kept']),
    hasDefault: nodes.some(({ hasDefault }) => hasDefault),
    rules: nodes.flatMap(({ rules }) => rules),
  })
}

/** What holds one way or another: a union's branches. */
export function either(branches: readonly OptionNode[]): OptionNode {
  // A value that holds itself leads to the same one again and again.
  const nodes = [...new Set(branches)]
  const [sole] = nodes
  if (sole && nodes.length === 1) return sole
  const isAnything = nodes.some(({ types }) => types.size === 0)
  const isAnyKey = nodes.some(({ otherKeys }) => otherKeys === undefined)
  const isCounted = nodes.every(({ values }) => values !== undefined)
  return merged(nodes, (count) => count === nodes.length, {
    types: new Set(isAnything ? [] : nodes.flatMap(({ types }) => [...types])),
    otherKeys: isAnyKey ? undefined : keysOf(nodes, ['kept', 'dropped', 'refused']),
    values: isCounted ? nodes.flatMap(({ values = [] }) => values) : undefined,
    hasDefault: false,
    rules: [],
  })
}

/** What one part says of keys, the weightiest first. */
function keysOf(
  nodes: readonly OptionNode[],
  order: readonly NonNullable<OptionNode['otherKeys']>[],
): OptionNode['otherKeys'] {
  return order.find((each) => nodes.some(({ otherKeys }) => otherKeys === each))
}

/** Where one says nothing, what the other says. */
function inBoth(one: ReadonlySet<JsonType>, other: ReadonlySet<JsonType>): ReadonlySet<JsonType> {
  if (one.size === 0 || other.size === 0) return one.size === 0 ? other : one
  const isIn = (type: JsonType, types: ReadonlySet<JsonType>) =>
    types.has(type) || (type === 'integer' && types.has('number'))
  return new Set([...[...one].filter((type) => isIn(type, other)), ...[...other].filter((type) => isIn(type, one))])
}

/** What several say of one value, but for what depends on how they hold. */
function merged(
  nodes: readonly OptionNode[],
  isRequired: (count: number) => boolean,
  rest: Pick<OptionNode, 'types' | 'otherKeys' | 'hasDefault' | 'rules'> & Partial<Pick<OptionNode, 'values'>>,
): OptionNode {
  const first = <T>(of: (node: OptionNode) => T | undefined) => nodes.map(of).find((value) => value !== undefined)
  const oneOf = (found: readonly OptionNode[]) => (found.length > 1 ? either(found) : found[0])
  return withInside(
    {
      description: first(({ description }) => description),
      default: nodes.find(({ hasDefault }) => hasDefault)?.default,
      values: first(({ values }) => values),
      secret: nodes.some(({ secret }) => secret),
      deprecated: nodes.some(({ deprecated }) => deprecated),
      ...rest,
    },
    () => propertiesOf(nodes, isRequired),
    () => oneOf(nodes.flatMap(({ others }) => others ?? [])),
    () => oneOf(nodes.flatMap(({ items }) => items ?? [])),
  )
}

function propertiesOf(
  nodes: readonly OptionNode[],
  isRequired: (count: number) => boolean,
): ReadonlyMap<string, OptionProperty> {
  const all = nodes.flatMap(({ properties }) => [...properties])
  const byKey = new Map<string, OptionProperty[]>()
  for (const [key, property] of all) byKey.set(key, [...(byKey.get(key) ?? []), property])
  return new Map(
    Array.from(byKey, ([key, found]) => {
      const [only] = found
      const node = found.length === 1 && only ? only.node : either(found.map((property) => property.node))
      return [key, { node, required: isRequired(found.filter(({ required }) => required).length) }]
    }),
  )
}
