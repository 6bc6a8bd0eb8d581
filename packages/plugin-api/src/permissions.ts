// What a plugin may use, by the `permissions` of its metadata.

/** What permissions are about. `event` is to listen, `emit` to emit and publish. */
export type PermissionKind = 'service' | 'event' | 'emit' | 'hook' | 'pipeline' | 'state' | 'resource'

/** Whether one of `permissions` covers `name`: names it, or is a pattern that ends in a star, such as `event:user.*`. */
export function permits(permissions: readonly string[], kind: PermissionKind, name: string): boolean {
  const wanted = `${kind}:${name}`
  return permissions.some((permission) =>
    permission.endsWith('*') ? wanted.startsWith(permission.slice(0, -1)) : permission === wanted,
  )
}

const PERMISSION = /^(service|event|emit|hook|pipeline|state|resource):[^\s*]*(\*|[^\s*])$/

/** Whether it is a permission, as metadata and a host's grants name them. */
export function isPermission(value: unknown): value is string {
  return typeof value === 'string' && PERMISSION.test(value)
}
