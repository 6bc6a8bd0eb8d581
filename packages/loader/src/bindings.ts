// What a declaration binds, and where.
import type { Identifier, Pattern } from 'acorn'

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
