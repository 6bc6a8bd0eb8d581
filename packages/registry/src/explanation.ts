// Why a plugin is where it is, followed down to the root cause.
import { messageOf, type PluginError } from '@cf-plugins/plugin-api'
import { RegistryErrorCodes } from './error-codes.ts'
import type { PluginCatalog } from './plugin-catalog.ts'

/** What the lifecycle knows of a plugin. */
export interface PluginStatusView {
  readonly state: string
  /** Why it is in that state, where something went wrong. */
  readonly error?: PluginError | undefined
  /** How many retired generations of it still run. @default 0 */
  readonly zombies?: number
  /** Whether its file is gone, and it serves on because others need it. @default false */
  readonly orphaned?: boolean
}

/** One plugin on the way from the question to the root cause. */
export interface ExplanationStep {
  readonly plugin: string
  readonly state: string
  readonly reason: string
}

/** Why a plugin is where it is. */
export interface Explanation {
  readonly plugin: string
  readonly state: string
  /** From the plugin itself down to the root cause. */
  readonly chain: ExplanationStep[]
  /** The chain's last step. */
  readonly rootCause: ExplanationStep & { readonly error?: PluginError | undefined }
  /** The chain as a sentence. */
  readonly text: string
}

// Errors of a plugin that are about another one, so that there is further to go.
const CONSEQUENCES = new Set(['CFP_DEPENDENCY_BLOCKED', 'CFP_DEPENDENCY_DISABLED'])
// Phases that are a plugin's own functions, and are written as such.
const HOOKS = new Set([
  'register',
  'setup',
  'teardown',
  'onEnable',
  'onDisable',
  'onReload',
  'getReloadState',
  'setReloadState',
  'migrateState',
  'health',
])
// States in which a plugin is the likelier root cause come first.
const SUSPECTS = ['failed', 'zombie', 'blocked', 'disabled']
const SERVING = new Set(['active', 'orphaned'])

/** Follows a plugin's trouble down to the root cause. @throws `CFP_PLUGIN_UNKNOWN` */
export function explainPlugin(
  catalog: PluginCatalog,
  name: string,
  status: (name: string) => PluginStatusView,
): Explanation {
  if (!catalog.has(name)) throw catalog.unknown(name)
  // A blocked plugin that has no error yet is blocked by what resolution finds.
  let blocked: ReadonlyMap<string, PluginError> | undefined
  const statusOf = (plugin: string): PluginStatusView => {
    const view = status(plugin)
    if (view.error !== undefined || view.state !== 'blocked') return view
    blocked ??= catalog.resolve().blocked
    return { ...view, error: blocked.get(plugin) }
  }
  const steps: (ExplanationStep & { error: PluginError | undefined })[] = []
  const seen = new Set<string>()
  let text = ''
  for (let at: string | undefined = name; at !== undefined; ) {
    seen.add(at)
    const view: PluginStatusView = statusOf(at)
    const { state, error } = view
    const culprit: string | undefined = state === 'blocked' ? culpritOf(catalog, at, error, status, seen) : undefined
    const why = culprit === undefined ? ownReason(state, error) : needOf(catalog, at, culprit)
    const reason = [why, ...asides(view)].filter((part) => part !== '').join('; ')
    steps.push({ plugin: at, state, reason, error })
    // Where the sentence goes on with the culprit, an aside would come between.
    text += sentence(at === name ? `${at} ` : 'which ', state, culprit === undefined ? reason : why, error)
    text += culprit === undefined ? '' : ', '
    at = culprit
  }
  const root = steps.at(-1)!
  const chain = steps.map(({ plugin, state, reason }) => ({ plugin, state, reason }))
  return { plugin: name, state: chain[0]!.state, chain, rootCause: root, text }
}

/** The dependency to blame for a blocked plugin, unless the plugin's own metadata is. */
function culpritOf(
  catalog: PluginCatalog,
  name: string,
  error: PluginError | undefined,
  status: (name: string) => PluginStatusView,
  seen: ReadonlySet<string>,
): string | undefined {
  if (error !== undefined && isOwnProblem(error)) return undefined
  const down = catalog
    .dependenciesOf(name)
    .filter((on) => catalog.requires(name, on) === 'required' && !seen.has(on) && !SERVING.has(status(on).state))
  const likeliest = SUSPECTS.find((state) => down.some((on) => status(on).state === state))
  return down.find((on) => status(on).state === likeliest) ?? down[0]
}

/** What a plugin needs another one for. */
function needOf(catalog: PluginCatalog, name: string, on: string): string {
  const { dependencies, requires } = catalog.get(name)!.meta
  if (dependencies.some((dependency) => dependency.name === on) || requires.includes(on)) return `it needs ${on}`
  const services = requires.filter((service) => catalog.providersOf(service).includes(on))
  return `it needs ${on} for ${services.join(' and ')}`
}

/** Whether it was the plugin's own metadata that resolution refused. */
function isOwnProblem({ code }: PluginError): boolean {
  return Object.hasOwn(RegistryErrorCodes, code) && !CONSEQUENCES.has(code)
}

function ownReason(state: string, error: PluginError | undefined): string {
  if (error === undefined) return ''
  if (state !== 'failed' || error.phase === undefined || error.cause === undefined) return error.message
  return messageOf(error.cause)
}

/** What is worth telling of a plugin in any state. */
function asides({ zombies = 0, orphaned = false }: PluginStatusView): string[] {
  const gone = orphaned ? ['its file is gone, and it serves on'] : []
  if (zombies === 0) return gone
  return [...gone, zombies === 1 ? 'an old version of it still runs' : `${zombies} old versions of it still run`]
}

function sentence(subject: string, state: string, reason: string, error: PluginError | undefined): string {
  const told = reason === '' ? '' : `: ${reason}`
  if (state !== 'failed') return `${subject}is ${state}${told}`
  const phase = error?.phase
  const where = phase === undefined ? '' : ` in ${phase}${HOOKS.has(phase) ? '()' : ''}`
  return `${subject}failed${where}${told}`
}
