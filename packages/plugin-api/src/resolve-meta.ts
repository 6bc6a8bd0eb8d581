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
const DEFAULTS: Omit<ResolvedPluginMeta, 'name' | 'version'> = {
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
  reload: { strategy: 'exclusive', state: 'keep' },
  stateVersion: 0,
  execution: 'inline',
  timeouts: {},
  onFailure: 'continue',
}

export const metaReader = shape<ReadMeta>(metaReaders, ['name', 'version'])

/**
 * Checks metadata and completes it: every default filled in, both forms of a dependency list made one, deeply frozen
 * but for `config`. Whether a semver range can be met is for the registry to say.
 *
 * @param where.file Absolute path of the file that the metadata is from, for the message.
 * @throws `CFP_META_INVALID` with every problem in `issues`, and all of them in the message.
 */
export function resolveMeta(meta: unknown, where: { readonly file?: string | undefined } = {}): ResolvedPluginMeta {
  return resolveWith(metaReader, meta, where.file)
}

/** The same for metadata that stands among other things, which `reader` knows, and with what a class injects. */
export function resolveWith(
  reader: Reader<ReadMeta>,
  given: unknown,
  file: string | undefined,
  injected: readonly InjectedService[] = [],
): ResolvedPluginMeta {
  const issues: PluginIssue[] = []
  const tell: Tell = (path, message) => void issues.push({ path, message })
  const read = withInjected(reader(given, '', tell) ?? {}, injected, tell)
  checkNames(read, tell)
  if (issues.length > 0) throw invalid(given, issues, file)
  const meta: Record<string, unknown> = {}
  for (const key of Object.keys(metaReaders) as (keyof ResolvedPluginMeta)[]) {
    const value = key === 'reload' ? { ...DEFAULTS.reload, ...read.reload } : (read[key] ?? DEFAULTS[key as 'config'])
    meta[key] = key === 'config' ? value : Object.freeze(value)
  }
  return Object.freeze(meta) as unknown as ResolvedPluginMeta
}

/** An injected service is required, or an optional dependency, unless the metadata names it already. */
function withInjected(meta: Partial<ReadMeta>, injected: readonly InjectedService[], tell: Tell): Partial<ReadMeta> {
  const requires = [...(meta.requires ?? [])]
  const optionalDependencies = [...(meta.optionalDependencies ?? [])]
  const known = new Set([...namesOf(meta.dependencies), ...namesOf(optionalDependencies), ...requires])
  // Required ones first: a service that is asked for both ways is required.
  for (const isOptional of [false, true]) {
    for (const { name, optional } of injected) {
      if (optional !== isOptional || !pluginName(name, '@inject', tell) || known.has(name)) continue
      known.add(name)
      if (optional) optionalDependencies.push(Object.freeze({ name, range: '*' }))
      else requires.push(name)
    }
  }
  return { ...meta, requires, optionalDependencies }
}

/** What no single value shows: names that contradict each other. */
function checkNames(meta: Partial<ReadMeta>, tell: Tell): void {
  const own = [meta.name, ...(meta.provides ?? [])]
  const dependencies = namesOf(meta.dependencies)
  const optionalDependencies = namesOf(meta.optionalDependencies)
  for (const [path, names] of Object.entries({ dependencies, optionalDependencies, requires: meta.requires ?? [] })) {
    for (const name of names) if (own.includes(name)) tell(path, `names "${name}", which is the plugin's own`)
  }
  for (const name of optionalDependencies) {
    if (dependencies.includes(name)) tell('optionalDependencies', `names "${name}", which \`dependencies\` names too`)
  }
}

function namesOf(dependencies: readonly PluginDependency[] = []): string[] {
  return dependencies.map(({ name }) => name)
}

function invalid(given: unknown, issues: readonly PluginIssue[], file: string | undefined): PluginError {
  const name = valueAt(given, 'name')
  const plugin = typeof name === 'string' ? name : undefined
  const told = issues.map(({ path, message }) => `\n  ${path || 'metadata'} ${message}`)
  return new PluginError(
    'CFP_META_INVALID',
    `${plugin ? `Plugin "${plugin}"` : 'A plugin'} has wrong metadata${file ? ` (${file})` : ''}:${told.join('')}`,
    { plugin, phase: 'validate', file, issues },
  )
}
