// Joins a generation's modules: which export each import means, checked before any of their code runs.
import { type FilePlace, LoadProblem } from './load-problem.ts'
import { ALL, type ImportedName } from './module-code.ts'
import { close, isSelfContained } from './namespace.ts'
import { type Dependency, OwnModule, type UnsettledExport } from './own-module.ts'

/** Gives a module what it takes besides its dependencies' namespaces. */
export interface LinkHooks {
  instantiate(module: OwnModule, takeExports: TakeExports): void
}

/** Called by a module's first step, with its exports' names and getters in turn, and its anonymous default function. */
export type TakeExports = (getters: readonly (string | (() => unknown))[], anonymous?: object) => void

/** Where an export really comes from. */
type Binding =
  | { readonly kind: 'own'; readonly module: OwnModule; readonly name: string }
  | { readonly kind: 'host'; readonly namespace: object; readonly name: string }
  | { readonly kind: 'namespace'; readonly namespace: object }

/** Links what can be reached from `root` and is not linked yet. @throws LoadProblem `CFP_EXPORT_MISSING` */
export function link(root: OwnModule, hooks: LinkHooks): OwnModule[] {
  const fresh = unlinkedFrom(root)
  for (const module of fresh) checkImports(module)
  const mayBeSeenEarly = hasCycle(fresh)
  // Those that settle alone need none of what follows: most modules, and the time and space it takes shows.
  for (const module of fresh) module.settlesAlone = !mayBeSeenEarly && isSelfContained(module.code)
  const exportsOf = fresh
    .filter((module) => !module.settlesAlone)
    .map((module) => [module, bindingsOf(module)] as const)
  for (const module of fresh) {
    if (module.code) hooks.instantiate(module, takerOf(module.getters))
    else module.getters.set('default', constant(module.json))
    module.status = 'linked'
  }
  for (const [module, bindings] of exportsOf) defineExports(module, bindings, mayBeSeenEarly)
  return fresh
}

/** Whether an import is there, for a module whose exports are only known once it has run. */
export function checkCommonJsImports(module: OwnModule): void {
  for (const imported of module.code?.imported ?? []) {
    const dependency = module.dependencies[imported.request]
    if (!(dependency instanceof OwnModule) || dependency.code?.kind !== 'commonjs' || dependency.status !== 'evaluated')
      continue
    if (imported.name !== ALL && !(imported.name in dependency.namespace)) throw missingExport(module, imported)
  }
}

function unlinkedFrom(root: OwnModule): OwnModule[] {
  const found = new Set<OwnModule>()
  const visit = (module: OwnModule): void => {
    if (module.status !== 'unlinked' || found.has(module)) return
    found.add(module)
    for (const dependency of module.ownDependencies) visit(dependency)
  }
  visit(root)
  return [...found]
}

function checkImports(module: OwnModule): void {
  if (!module.code) return
  for (const imported of [...module.code.imported, ...module.code.indirect]) {
    if (imported.name === ALL) continue
    const binding = resolveIn(dependencyOf(module, imported.request), imported.name, new Map())
    if (!binding || binding === 'ambiguous') throw missingExport(module, imported, binding)
  }
}

function missingExport(module: OwnModule, imported: ImportedName, why?: 'ambiguous'): LoadProblem {
  const specifier = module.code?.requests[imported.request]?.specifier
  const reason = why ? `exports "${imported.name}" more than once, by "export *"` : `has no export "${imported.name}"`
  const place: FilePlace = { file: module.file, line: imported.line, column: imported.column }
  return new LoadProblem('CFP_EXPORT_MISSING', `"${specifier}" ${reason}`, place)
}

/** The specification's ResolveExport. */
function resolveExport(
  module: OwnModule,
  name: string,
  seen: Map<OwnModule, Set<string>>,
): Binding | 'ambiguous' | undefined {
  const code = module.code
  if (!code) return name === 'default' ? { kind: 'own', module, name } : undefined
  // Its exports are known when it has run; whoever imports them is checked then.
  if (code.kind === 'commonjs') return { kind: 'own', module, name }
  const names = seen.get(module) ?? new Set()
  if (names.has(name)) return undefined
  seen.set(module, names.add(name))
  if (code.exports.includes(name)) return { kind: 'own', module, name }
  const indirect = code.indirect.find(({ as }) => as === name)
  if (indirect) {
    const dependency = dependencyOf(module, indirect.request)
    return indirect.name === ALL
      ? { kind: 'namespace', namespace: dependency.namespace }
      : resolveIn(dependency, indirect.name, seen)
  }
  if (name === 'default') return undefined
  let found: Binding | undefined
  for (const { request } of code.stars) {
    const dependency = dependencyOf(module, request)
    if (
      dependency instanceof OwnModule &&
      dependency.code?.kind === 'commonjs' &&
      !dependency.code.exports.includes(name)
    )
      continue
    const binding = resolveIn(dependency, name, seen)
    if (binding === 'ambiguous') return binding
    if (binding && found && !isSame(binding, found)) return 'ambiguous'
    found ??= binding
  }
  return found
}

function resolveIn(
  dependency: Dependency,
  name: string,
  seen: Map<OwnModule, Set<string>>,
): Binding | 'ambiguous' | undefined {
  if (dependency instanceof OwnModule) return resolveExport(dependency, name, seen)
  return name in dependency.namespace ? { kind: 'host', namespace: dependency.namespace, name } : undefined
}

function isSame(a: Binding, b: Binding): boolean {
  if (a.kind === 'own') return b.kind === 'own' && a.module === b.module && a.name === b.name
  if (a.kind === 'namespace') return b.kind === 'namespace' && a.namespace === b.namespace
  return b.kind === 'host' && a.namespace === b.namespace && a.name === b.name
}

/** Every name that a module exports, with where it comes from, in the order in which a namespace lists them. */
function bindingsOf(module: OwnModule): Map<string, Binding> {
  const bindings = new Map<string, Binding>()
  if (module.code?.kind === 'commonjs') return bindings
  if (module.code && module.code.indirect.length + module.code.stars.length === 0) {
    for (const name of [...module.code.exports].sort()) bindings.set(name, { kind: 'own', module, name })
    return bindings
  }
  for (const name of [...exportedNames(module, new Set())].sort()) {
    const binding = resolveExport(module, name, new Map())
    if (binding && binding !== 'ambiguous') bindings.set(name, binding)
  }
  return bindings
}

/** The specification's GetExportedNames. */
function exportedNames(module: OwnModule, seen: Set<OwnModule>): Set<string> {
  const names = new Set<string>()
  if (seen.has(module)) return names
  seen.add(module)
  if (!module.code) return names.add('default')
  for (const name of module.code.exports) names.add(name)
  for (const { as } of module.code.indirect) names.add(as)
  for (const { request } of module.code.stars) {
    const dependency = dependencyOf(module, request)
    const starred =
      dependency instanceof OwnModule ? exportedNames(dependency, seen) : Object.keys(dependency.namespace)
    for (const name of starred) if (name !== 'default') names.add(name)
  }
  return names
}

function defineExports(module: OwnModule, bindings: Map<string, Binding>, mayBeSeenEarly: boolean): void {
  const { namespace, unsettled } = module
  if (module.code?.kind === 'commonjs') return
  for (const [name, binding] of bindings) {
    const reader = readerOf(module, binding)
    unsettled.push({ name, ...reader })
    if (mayBeSeenEarly)
      Object.defineProperty(namespace, name, { get: reader.get, enumerable: true, configurable: true })
  }
  if (mayBeSeenEarly || bindings.size === 0) close(namespace)
}

/** How an export is read; `from` is the module that must have run before its value is final. */
function readerOf(module: OwnModule, binding: Binding): Omit<UnsettledExport, 'name'> {
  if (binding.kind === 'namespace') return { get: constant(binding.namespace), from: module, isLive: false }
  // Nothing says whether a module of the host assigns to it later.
  if (binding.kind === 'host') return { get: memberOf(binding.namespace, binding.name), from: module, isLive: true }
  const { module: from, name } = binding
  return {
    get: from.getters.get(name) ?? memberOf(from.namespace, name),
    from,
    exported: name,
    isLive: from.code?.live.includes(name) ?? false,
  }
}

/** Whether any of them can meet itself among what it imports: only then is a namespace seen before its module has run. */
function hasCycle(modules: readonly OwnModule[]): boolean {
  const done = new Set<OwnModule>()
  const path = new Set<OwnModule>()
  const meets = (module: OwnModule): boolean => {
    if (done.has(module)) return false
    if (path.has(module)) return true
    path.add(module)
    const found = module.status !== 'evaluated' && module.ownDependencies.some(meets)
    path.delete(module)
    done.add(module)
    return found
  }
  return modules.some(meets)
}

function dependencyOf(module: OwnModule, request: number): Dependency {
  const dependency = module.dependencies[request]
  if (!dependency) throw new TypeError(`${module.file} has no request ${request}`)
  return dependency
}

// The functions below make closures that plugins keep: each in a scope that holds nothing else.

function takerOf(getters: Map<string, () => unknown>): TakeExports {
  return (pairs, anonymous) => {
    for (let index = 0; index < pairs.length; index += 2)
      getters.set(pairs[index] as string, pairs[index + 1] as () => unknown)
    if (anonymous) Object.defineProperty(anonymous, 'name', { value: 'default', configurable: true })
  }
}

function memberOf(namespace: object, name: string): () => unknown {
  return () => (namespace as Record<string, unknown>)[name]
}

function constant(value: unknown): () => unknown {
  return () => value
}
