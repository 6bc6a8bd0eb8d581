// What each plugin may use: its own permissions, narrowed by what the host grants.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { audit, isPermission, type PermissionKind, type PluginAccess, permits } from '@cf-plugins/plugin-api/host'
import { toDeclare } from './declaration.ts'

/** What a host lets its plugins use. */
export interface AccessOptions {
  /** What a plugin may use whose metadata says nothing of permissions, and to which the host grants nothing by name. @default 'allow' */
  readonly undeclared?: 'allow' | 'deny'
  /**
   * What plugins are granted, by name. A plugin on the list may use what both its own permissions and the list cover, or what the list
   * covers where it declares none. Asked once for each instance, so that a change takes effect with the next one. @default none
   */
  readonly grants?: Readonly<Record<string, readonly string[]>> | ((plugin: string) => readonly string[] | undefined)
}

/** Checks at every door of one host. */
export class AccessControl {
  readonly #host: string
  readonly #undeclared: 'allow' | 'deny'
  /** What a plugin may use that nobody limits. */
  readonly #open: PluginAccess
  readonly #grantsOf: (plugin: string) => readonly string[] | undefined

  /**
   * @param host which host it is of, by its id
   * @throws `CFP_OPTION_INVALID`
   */
  constructor(host: string, { undeclared = 'allow', grants = {} }: AccessOptions = {}) {
    if (undeclared !== 'allow' && undeclared !== 'deny')
      throw invalid(`access.undeclared is ${String(undeclared)}`, "'allow' or 'deny'")
    if (typeof grants !== 'function') for (const [plugin, list] of Object.entries(grants)) checkGrants(plugin, list)
    this.#host = host
    this.#undeclared = undeclared
    this.#open = Object.freeze({ host, allow: () => {}, may: () => true })
    this.#grantsOf =
      typeof grants === 'function' ? grants : (name) => (Object.hasOwn(grants, name) ? grants[name] : undefined)
  }

  /** What one instance of a plugin may use, as things stand now. @throws `CFP_OPTION_INVALID` where the grants are none */
  of(record: PluginRecord): PluginAccess {
    const { name, permissions } = record.meta
    const granted = this.#grantsOf(name)
    if (granted) checkGrants(name, granted)
    const limits = permissions ? [permissions] : []
    if (granted) limits.push(granted)
    if (limits.length === 0) {
      if (this.#undeclared === 'allow') return this.#open
      limits.push([])
    }
    const host = this.#host
    const may = (kind: PermissionKind, what: string) =>
      isOwn(name, kind, what) || limits.every((each) => permits(each, kind, what))
    return {
      host,
      may,
      allow: (kind, what) => {
        if (may(kind, what)) return
        const subject = `${kind}:${what}`
        const reason = whyNot(record, granted, kind, what)
        audit({ host, action: 'access', outcome: 'denied', plugin: name, subject, reason })
        const { file, generation } = record.source
        const message = `Plugin "${name}" may not use ${subject}: ${reason}`
        throw new PluginError('CFP_ACCESS_DENIED', message, { plugin: name, file, generation })
      },
    }
  }
}

/** Whose line leaves it out, and what to add there. */
function whyNot(
  record: PluginRecord,
  granted: readonly string[] | undefined,
  kind: PermissionKind,
  what: string,
): string {
  const { name, permissions } = record.meta
  const line = `${kind}:${what}`
  if (permissions && !permits(permissions, kind, what)) {
    return `its permissions leave that out. ${toDeclare(record, 'permissions', line)}`
  }
  if (granted) return `its host does not grant that. Add '${line}' to what the host grants "${name}".`
  return `it declares no permissions, and its host denies what is not declared. ${toDeclare(record, 'permissions', line)}`
}

/** Resources under a plugin's name are its own. */
function isOwn(plugin: string, kind: PermissionKind, what: string): boolean {
  return kind === 'resource' && (what === plugin || what.startsWith(`${plugin}/`))
}

function checkGrants(plugin: string, grants: unknown): void {
  const wrong = Array.isArray(grants) ? grants.find((each) => !isPermission(each)) : grants
  if (!Array.isArray(grants) || wrong !== undefined) {
    throw invalid(
      `access.grants of "${plugin}" has ${JSON.stringify(wrong) ?? String(wrong)}`,
      'a list of permissions such as "service:database" or "event:user.*"',
    )
  }
}

function invalid(what: string, needs: string): PluginError {
  return new PluginError('CFP_OPTION_INVALID', `${what}, which must be ${needs}.`)
}
