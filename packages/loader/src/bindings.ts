// What declarations and assignments bind, write and evaluate, and in which scope.
import type { AnyNode, Identifier, Node, Pattern } from 'acorn'

/** A piece of what an assignment writes to: a name, or else something that is evaluated on the way. */
export type Target =
  | { readonly written: Identifier; readonly isShorthand: boolean; readonly evaluated?: never }
  | { readonly written?: never; readonly isShorthand?: never; readonly evaluated: Node }

/** The names that a pattern binds, in order. */
export function boundNames(pattern: Pattern | null | undefined): Identifier[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern]
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === 'RestElement' ? property.argument : property.value),
      )
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => boundNames(element))
    case 'RestElement':
      return boundNames(pattern.argument)
    case 'AssignmentPattern':
      return boundNames(pattern.left)
    default:
      return []
  }
}

/** What a binding pattern evaluates: its default values and computed keys. */
export function evaluatedBy(pattern: Pattern | null | undefined): Node[] {
  switch (pattern?.type) {
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) => {
        if (property.type === 'RestElement') return []
        return [...(property.computed ? [property.key] : []), ...evaluatedBy(property.value)]
      })
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => evaluatedBy(element))
    case 'RestElement':
      return evaluatedBy(pattern.argument)
    case 'AssignmentPattern':
      return [...evaluatedBy(pattern.left), pattern.right]
    default:
      return []
  }
}

/** What an assignment to `target`, a name, a member or a pattern of them, writes and evaluates. */
export function targetsOf(target: Node, isShorthand = false): Target[] {
  const node = target as AnyNode
  switch (node.type) {
    case 'Identifier':
      return [{ written: node, isShorthand }]
    case 'ObjectPattern':
      return node.properties.flatMap((property) => {
        if (property.type === 'RestElement') return targetsOf(property.argument)
        const key: Target[] = property.computed ? [{ evaluated: property.key }] : []
        return [...key, ...targetsOf(property.value, property.shorthand)]
      })
    case 'ArrayPattern':
      return node.elements.flatMap((element) => (element ? targetsOf(element) : []))
    case 'RestElement':
      return targetsOf(node.argument)
    case 'AssignmentPattern':
      return [...targetsOf(node.left, isShorthand), { evaluated: node.right }]
    default:
      return [{ evaluated: node }]
  }
}

/** A block, function or module, and the names that are declared in it. */
export class Scope {
  readonly names = new Set<string>()
  readonly parent: Scope | undefined
  /** Whether a `var` in it stays in it. */
  readonly takesVar: boolean
  readonly nested: boolean

  constructor(parent: Scope | undefined, kind: 'block' | 'function' | 'module') {
    this.parent = parent
    this.takesVar = kind !== 'block'
    this.nested = kind === 'function' || (parent?.nested ?? false)
  }
}
