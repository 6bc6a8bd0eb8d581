// What a module's exports look like to others: its namespace object, before and after it has run.
import type { ModuleCode } from './module-code.ts'
import type { OwnModule, UnsettledExport } from './own-module.ts'

/** Makes plain values of exports that can't change any more: reading those costs a tenth of what an accessor costs. */
export function settleExports(module: OwnModule): void {
  if (module.settlesAlone) {
    settleAlone(module)
    return
  }
  const { namespace, unsettled } = module
  if (unsettled.length === 0) return
  if (unsettled.some(({ from }) => from.status !== 'evaluated' || from.failure)) return
  module.unsettled = []
  // Nobody has seen it yet, and plain assignments make an object that V8 reads fastest.
  const isPlain =
    Object.isExtensible(namespace) && !unsettled.some(({ name, isLive }) => isLive || name === '__proto__')
  if (isPlain) {
    for (const each of unsettled) namespace[each.name] = finalValueOf(each)
    close(namespace)
    Object.freeze(namespace)
    return
  }
  close(namespace, unsettled)
  for (const each of unsettled) {
    const value = each.isLive ? { get: each.get } : { value: finalValueOf(each), writable: false }
    Object.defineProperty(namespace, each.name, { ...value, enumerable: true, configurable: false })
  }
  // What serves as a prototype is stored the fast way.
  Object.create(namespace)
}

/** Whether all its exports are its own, and none changes once it has run. */
export function isSelfContained(code: ModuleCode | undefined): boolean {
  if (code?.kind !== 'esm' || code.indirect.length + code.stars.length + code.live.length > 0) return false
  return !code.exports.includes('__proto__')
}

function settleAlone(module: OwnModule): void {
  const { code, namespace, values, getters } = module
  if (!code || module.status !== 'evaluated' || module.failure) return
  module.settlesAlone = false
  for (const name of [...code.exports].sort())
    namespace[name] = values ? values[code.exports.indexOf(name)] : getters.get(name)?.()
  close(namespace)
  Object.freeze(namespace)
}

function finalValueOf({ from, exported, get }: UnsettledExport): unknown {
  return from.values && from.code && exported !== undefined ? from.values[from.code.exports.indexOf(exported)] : get()
}

/** Gives a CommonJS module's namespace what it exported. */
export function defineCommonJsExports(module: OwnModule, exported: unknown): void {
  const names =
    exported !== null && (typeof exported === 'object' || typeof exported === 'function') ? Object.keys(exported) : []
  const values: Record<string, unknown> = { __proto__: null, default: exported }
  for (const name of names) if (name !== 'default') values[name] = (exported as Record<string, unknown>)[name]
  for (const name of Object.keys(values).sort()) {
    Object.defineProperty(module.namespace, name, {
      value: values[name],
      enumerable: true,
      writable: false,
      configurable: false,
    })
  }
  close(module.namespace)
}

/** Makes a namespace what it is to others, with accessors for exports that have no value yet. */
export function close(namespace: object, unsettled: readonly UnsettledExport[] = []): void {
  if (!Object.isExtensible(namespace)) return
  Object.setPrototypeOf(namespace, null)
  for (const { name, get } of unsettled)
    Object.defineProperty(namespace, name, { get, enumerable: true, configurable: true })
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
  Object.preventExtensions(namespace)
}
