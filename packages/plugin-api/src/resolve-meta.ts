// Checks a plugin's metadata, tells everything that is wrong with it at once, and fills in what was left out.
import { PluginError, type PluginIssue } from './errors.ts'
import type { PluginDependency, PluginMeta, PluginTimeouts, ResolvedPluginMeta } from './meta.ts'
import { valueAt } from './safe-values.ts'
import {
  dependencyList,
  duration,
  flag,
  list,
  oneOf,
  pluginName,
  type Reader,
  type Readers,
  range,
  shape,
  standardSchema,
  type Tell,
  text,
  version,
  wholeNumber,
  word,
} from './value-readers.ts'

/** What is read from an author's metadata: known to be right, but without defaults. */
export type ReadMeta = Omit<PluginMeta, 'dependencies' | 'optionalDependencies'> & {
  readonly dependencies?: readonly PluginDependency[]
  readonly optionalDependencies?: readonly PluginDependency[]
}

/** Services that the class itself asks for, by `@inject`. */
export interface InjectedService {
  readonly name: string
  readonly optional: boolean
}

/** The readers of everything that metadata may say. */
export const metaReaders: Readers<ReadMeta> = {
  name: pluginName,
  version,
  description: text,
  enabled: flag,
  dependencies: dependencyList,
  optionalDependencies: dependencyList,
  requires: list(pluginName),
  provides: list(pluginName),
  events: list(word),
  engines: shape<NonNullable<PluginMeta['engines']>>({ api: range, host: range, node: range }),
  platforms: list(word),
  permissions: list(word),
  config: standardSchema,
  reload: shape<NonNullable<PluginMeta['reload']>>({
    strategy: oneOf('exclusive', 'overlap'),
    state: oneOf('keep', 'discard'),
  }),
  stateVersion: wholeNumber,
  execution: oneOf('inline', 'worker'),
  timeouts: shape<PluginTimeouts>({
    registerMs: duration,
    setupMs: duration,
    teardownMs: duration,
    enableMs: duration,
    saveMs: duration,
    restoreMs: duration,
    reloadMs: duration,
  }),
  onFailure: oneOf('continue', 'abort'),
}

/** What stands where the author said nothing. */
const DEFAULTS = {
  description: '',
  enabled: true,
  dependencies: [],
  optionalDependencies: [],
  requires: [],
  provides: [],
  events: [],
  engines: {},
  platforms: [],
  permissions: [],
  config: undefined,
  stateVersion: 0,
  execution: 'inline',
  timeouts: {},
  onFailure: 'continue',
} as const satisfies Partial<ResolvedPluginMeta>

export const readMeta = shape<ReadMeta>(metaReaders, ['name', 'version'])

/**
 * Checks metadata and completes it: every default filled in, both forms of a dependency list made one, deeply frozen
 * but for `config`. Whether a semver range can be met is for the registry to say.
 *
 * @param where.file Absolute path of the file that the metadata is from, for the message.
 * @throws `CFP_META_INVALID` with every problem in `issues`, and all of them in the message.
 */
export function resolveMeta(meta: unknown, where: { readonly file?: string | undefined } = {}): ResolvedPluginMeta {
  return resolveWith(readMeta, (read) => read, meta, where.file)
}

/** The same for metadata that stands among other things, of which `metaOf` takes it, and with what a class injects. */
export function resolveWith<T extends object>(
  reader: Reader<T>,
  metaOf: (read: T) => ReadMeta,
  given: unknown,
  file: string | undefined,
  injected: readonly InjectedService[] = [],
): ResolvedPluginMeta {
  const issues: PluginIssue[] = []
  const tell: Tell = (path, problem) => void issues.push({ path, message: problem })
  const read = reader(given, '', tell)
  const meta = withInjected(read ? metaOf(read) : ({} as ReadMeta), injected, tell)
  checkNames(meta, tell)
  if (issues.length > 0) throw invalid(given, issues, file)
  const reload = { strategy: 'exclusive', state: 'keep', ...meta.reload } as const
  const resolved: ResolvedPluginMeta = { ...DEFAULTS, ...meta, reload }
  for (const value of Object.values(resolved)) if (value !== meta.config) Object.freeze(value)
  return Object.freeze(resolved)
}

/** An injected service is required, or an optional dependency, unless the metadata names it already. */
function withInjected(meta: ReadMeta, injected: readonly InjectedService[], tell: Tell): ReadMeta {
  const known = new Set([
    ...namesOf(meta.dependencies),
    ...namesOf(meta.optionalDependencies),
    ...(meta.requires ?? []),
  ])
  const requires: string[] = []
  const optionalDependencies: PluginDependency[] = []
  for (const { name, optional } of injected.toSorted((a, b) => Number(a.optional) - Number(b.optional))) {
    if (!pluginName(name, '@inject', tell) || known.has(name)) continue
    known.add(name)
    if (optional) optionalDependencies.push(Object.freeze({ name, range: '*' }))
    else requires.push(name)
  }
  return {
    ...meta,
    requires: [...(meta.requires ?? []), ...requires],
    optionalDependencies: [...(meta.optionalDependencies ?? []), ...optionalDependencies],
  }
}

/** What no single value shows: names that contradict each other. */
function checkNames(meta: ReadMeta, tell: Tell): void {
  const needed = new Set(namesOf(meta.dependencies))
  for (const name of namesOf(meta.optionalDependencies)) {
    if (needed.has(name))
      tell(`optionalDependencies.${name}`, 'is among `dependencies` too; leave it in one of the two')
    needed.add(name)
  }
  for (const name of meta.requires ?? []) needed.add(name)
  for (const own of [meta.name, ...(meta.provides ?? [])]) {
    if (needed.has(own))
      tell(own === meta.name ? 'dependencies' : 'requires', `names "${own}", which is of the plugin itself`)
  }
}

function namesOf(dependencies: readonly PluginDependency[] = []): string[] {
  return dependencies.map(({ name }) => name)
}

function invalid(given: unknown, issues: readonly PluginIssue[], file: string | undefined): PluginError {
  const name = typeof given === 'object' && given !== null ? valueAt(given, 'name') : undefined
  const plugin = typeof name === 'string' ? name : undefined
  const told = issues.map(({ path, message }) => `\n  ${path || 'metadata'} ${message}`)
  return new PluginError(
    'CFP_META_INVALID',
    `${plugin ? `Plugin "${plugin}"` : 'A plugin'} has wrong metadata${file ? ` (${file})` : ''}:${told.join('')}`,
    { plugin, phase: 'validate', file, issues: Object.freeze(issues) },
  )
}
