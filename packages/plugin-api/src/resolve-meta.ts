// Checks a plugin's metadata, tells everything that is wrong with it at once, and fills in what was left out.
import { PluginError, type PluginIssue } from './errors.ts'
import type { PluginDependency, PluginMeta, PluginTimeouts, ResolvedPluginMeta, WorkerSettings } from './meta.ts'
import { type Tell, valueAt } from './safe-values.ts'
import {
  anything,
  dependencyList,
  duration,
  flag,
  heapSize,
  list,
  oneOf,
  permission,
  pluginName,
  type Reader,
  type Readers,
  range,
  shape,
  standardSchema,
  TWICE,
  text,
  version,
  wholeNumber,
  word,
} from './value-readers.ts'

/** What is read from an author's metadata: known to be right, but without defaults. */
export type ReadMeta = Omit<PluginMeta, 'dependencies' | 'optionalDependencies' | 'state'> & {
  readonly dependencies?: readonly PluginDependency[]
  readonly optionalDependencies?: readonly PluginDependency[]
  /** The version is that of a definition, whose `stateVersion` stands here. */
  readonly state?: NonNullable<PluginMeta['state']> & { readonly version?: number }
}

/** Services that the class itself asks for, by `@inject`. */
export interface InjectedService {
  readonly name: string
  readonly optional: boolean
  /** Whether it takes everyone's. */
  readonly all: boolean
}

/** The readers of what metadata says about state. */
export const stateReaders: Readers<NonNullable<PluginMeta['state']>> = { initial: anything, shared: list(pluginName) }

/** The readers of everything that metadata may say. */
export const metaReaders: Readers<ReadMeta> = {
  name: pluginName,
  version,
  description: text,
  enabled: flag,
  dependencies: dependencyList,
  optionalDependencies: dependencyList,
  requires: list(pluginName),
  collects: list(pluginName),
  provides: list(pluginName),
  events: list(word),
  engines: shape<NonNullable<PluginMeta['engines']>>({ api: range, host: range, node: range }),
  platforms: list(word),
  permissions: list(permission),
  state: shape(stateReaders),
  config: standardSchema,
  reload: shape<NonNullable<PluginMeta['reload']>>({
    strategy: oneOf('exclusive', 'overlap'),
    state: oneOf('keep', 'discard'),
  }),
  stateVersion: wholeNumber,
  execution: oneOf('inline', 'worker'),
  worker: shape<WorkerSettings>({ heapMb: heapSize, callMs: duration }),
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

export const metaReader = shape<ReadMeta>(metaReaders)

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
  const read = reader(given, '', tell)
  const meta = {
    // What stands where the author said nothing; a list that is not here is empty.
    description: '',
    enabled: true,
    dependencies: [],
    optionalDependencies: [],
    requires: [],
    collects: [],
    provides: [],
    engines: {},
    stateVersion: read?.state?.version ?? 0,
    execution: 'inline',
    worker: {},
    timeouts: {},
    ...read,
    state: { shared: [], ...stateOf(read) },
    reload: { strategy: 'exclusive', state: 'keep', ...read?.reload },
  } as unknown as Draft
  for (const key of ['name', 'version']) if (read && !(key in read)) tell(key, 'is missing')
  addInjected(meta, injected, tell)
  const needed = neededBy(meta)
  for (const own of [meta.name, ...meta.provides]) {
    if (needed.includes(own)) tell('', `needs "${own}" of itself`)
  }
  for (const { name } of meta.optionalDependencies) {
    if (needed.indexOf(name) < meta.dependencies.length) tell(`optionalDependencies.${name}`, TWICE)
  }
  if (issues.length > 0) {
    const plugin = text(valueAt(given, 'name'), '', () => {})
    const told = issues.map(({ path, message }) => `\n  ${path || 'metadata'} ${message}`)
    throw new PluginError(
      'CFP_META_INVALID',
      `${plugin ? `Plugin "${plugin}"` : 'A plugin'} has wrong metadata${file ? ` (${file})` : ''}:${told.join('')}`,
      { plugin, phase: 'validate', file, issues },
    )
  }
  const keys = Object.keys(metaReaders) as (keyof ResolvedPluginMeta)[]
  const entries = keys.map((key) => [key, key === 'config' ? meta[key] : Object.freeze(meta[key] ?? absent(key))])
  return Object.freeze(Object.fromEntries(entries))
}

/** What `context.state` is made from: of a definition, the rest of `state` is hooks. */
function stateOf({ state }: Partial<ReadMeta> = {}): PluginMeta['state'] {
  return (
    state && { ...('initial' in state && { initial: state.initial }), ...(state.shared && { shared: state.shared }) }
  )
}

/** A list that is not here is empty; the host fills in what it has a say in. */
function absent(key: keyof ResolvedPluginMeta): undefined | [] {
  return key === 'permissions' || key === 'onFailure' ? undefined : []
}

/** Metadata that may still be added to. */
type Draft = Omit<ResolvedPluginMeta, 'optionalDependencies' | 'requires' | 'collects'> & {
  readonly optionalDependencies: PluginDependency[]
  readonly requires: string[]
  readonly collects: string[]
}

/** An injected service is required, an optional dependency, or collected, unless the metadata names it already. */
function addInjected(meta: Draft, injected: readonly InjectedService[], tell: Tell): void {
  // Required ones first: a service that is asked for both ways is required.
  for (const { name, optional, all } of injected.toSorted((one, other) => +one.optional - +other.optional)) {
    if (!pluginName(name, '@inject', tell) || (all ? meta.collects : neededBy(meta)).includes(name)) continue
    if (all) meta.collects.push(name)
    else if (optional) meta.optionalDependencies.push(Object.freeze({ name, range: '*' }))
    else meta.requires.push(name)
  }
}

/** Every name that metadata needs, its dependencies first. */
function neededBy({ dependencies, optionalDependencies, requires }: ResolvedPluginMeta): string[] {
  return [...dependencies, ...optionalDependencies].map(({ name }) => name).concat(requires)
}
