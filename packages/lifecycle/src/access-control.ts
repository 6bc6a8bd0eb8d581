// What each plugin may use: its own permissions, narrowed by what the host grants.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { audit, isPermission, type PermissionKind, type PluginAccess, permits } from '@cf-plugins/plugin-api/host'

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
    this.#grantsOf =
      typeof grants === 'function' ? grants : (name) => (Object.hasOwn(grants, name) ? grants[name] : undefined)
  }

  /** What one instance of a plugin may use, as things stand now. @throws `CFP_OPTION_INVALID` where the grants are none */
  of({ meta, source }: PluginRecord): PluginAccess {
    const { name, permissions } = meta
    const granted = this.#grantsOf(name)
    if (granted) checkGrants(name, granted)
    const limits = [permissions, granted ?? (permissions || this.#undeclared === 'allow' ? undefined : [])].filter(
      (each) => each !== undefined,
    )
    const host = this.#host
    if (limits.length === 0) return { host, allow: () => {}, may: () => true }
    const may = (kind: PermissionKind, what: string) =>
      isOwn(meta, kind, what) || limits.every((each) => permits(each, kind, what))
    return {
      host,
      may,
      allow: (kind, what) => {
        if (may(kind, what)) return
        const subject = `${kind}:${what}`
        const reason = this.#why(name, permissions, granted, kind, what)
        audit({ host, action: 'access', outcome: 'denied', plugin: name, subject, reason })
        const { file, generation } = source
        throw new PluginError('CFP_ACCESS_DENIED', `Plugin "${name}" may not use ${subject}: ${reason}`, {
          plugin: name,
          file,
          generation,
        })
      },
    }
  }

  #why(
    plugin: string,
    permissions: readonly string[] | undefined,
    granted: readonly string[] | undefined,
    kind: PermissionKind,
    what: string,
  ): string {
    const line = `'${kind}:${what}'`
    if (permissions && !permits(permissions, kind, what))
      return `its permissions leave that out. Add ${line} to \`permissions\` in its metadata.`
    if (granted) return `its host does not grant that. Add ${line} to what the host grants "${plugin}".`
    return `it declares no permissions, and its host denies what is not declared. Add permissions: [${line}] to its metadata.`
  }
}

/** What is a plugin's own it may always use: the services that it offers, and resources under its name. */
function isOwn({ name, provides }: PluginRecord['meta'], kind: PermissionKind, what: string): boolean {
  if (kind === 'service') return what === name || provides.includes(what)
  return kind === 'resource' && (what === name || what.startsWith(`${name}/`))
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
