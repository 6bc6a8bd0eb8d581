// Where in a plugin's state a value is, as its author would write it.

/** How a value is reached from what holds it. */
export type Access = 'property' | 'index' | 'map-key' | 'map-value' | 'item'

/** Something that holds values, and how it is reached itself. */
export interface Holder {
  readonly heldBy: Holder | undefined
  readonly access: Access
  readonly key: unknown
}

/** The path of a value, such as `state.sessions[3].socket`. */
export function pathOf(holder: Holder | undefined, access: Access, key: unknown): string {
  const steps: string[] = []
  let at: Holder = { heldBy: holder, access, key }
  for (; at.heldBy !== undefined; at = at.heldBy) steps.push(step(at))
  return `state${steps.reverse().join('')}`
}

function step({ access, key }: Holder): string {
  switch (access) {
    case 'property':
      return typeof key === 'string' && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
        ? `.${key}`
        : `[${shown(key)}]`
    case 'index':
      return `[${key}]`
    case 'map-value':
      return `.get(${shown(key)})`
    case 'map-key':
      return `.keys()[${key}]`
    case 'item':
      return `.values()[${key}]`
    default: {
      const unknown: never = access
      return unknown
    }
  }
}

function shown(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key)
  return typeof key === 'object' || typeof key === 'function' ? '...' : String(key)
}
