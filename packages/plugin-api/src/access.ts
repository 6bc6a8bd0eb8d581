// How the packages of a host ask what the plugin of a context may use.
import type { PermissionKind } from './permissions.ts'

/** What one plugin may use: its permissions and what its host grants, together. */
export interface PluginAccess {
  /** Which host it is of, for messages: `Lifecycle.id`. Nothing where there is none. */
  readonly host?: string | undefined
  /** Asked by whoever opens a door for the plugin. @throws `CFP_ACCESS_DENIED`, with what to add and where; the audit trail gets it too */
  allow(kind: PermissionKind, name: string): void
  /** Whether it may, with nobody told. */
  may(kind: PermissionKind, name: string): boolean
}

/** Where a context keeps it. */
export const ACCESS: unique symbol = Symbol.for('cf-plugins.access') as never

const UNLIMITED: PluginAccess = Object.freeze({ allow: () => {}, may: () => true })

/**
 * What the plugin may use whose context this is; everything where its host checks nothing, as a context made for a test.
 *
 * @example
 * accessOf(plugin.context).allow('resource', 'reports/2024')
 */
export function accessOf(context: object): PluginAccess {
  return (context as { readonly [ACCESS]?: PluginAccess })[ACCESS] ?? UNLIMITED
}
