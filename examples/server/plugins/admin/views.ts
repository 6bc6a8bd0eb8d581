// Plugins, reports and errors, as JSON.
import type { ReloadReport } from 'cf-plugins'
import type { Shared } from '../../src/shared.ts'

type Host = Shared['host']

/** Every plugin, dependencies first, and those whose files could not be loaded. */
export function pluginList({ manager }: Host) {
  const why = (plugin: string) => ({ why: manager.explain(plugin).text })
  return [
    ...manager.ordered().map(({ plugin, version, state, generation }) => {
      return { plugin, state, version, generation, ...(state !== 'active' && why(plugin)) }
    }),
    ...manager.absent().map(({ plugin }) => ({ plugin, state: 'absent', ...why(plugin) })),
  ]
}

/** All that is known of one plugin. @throws `CFP_PLUGIN_UNKNOWN` */
export async function pluginPage({ manager, routes }: Host, name: string) {
  // Also a plugin whose file cannot be loaded has an explanation.
  const explanation = manager.explain(name)
  const status = manager.ordered().find(({ plugin }) => plugin === name)
  const { plugins } = await manager.health()
  return {
    plugin: name,
    state: explanation.state,
    ...(status && { version: status.version, generation: status.generation }),
    ...(status?.error && { error: errorView(status.error) }),
    ...(explanation.state !== 'active' && { why: explanation.text, chain: explanation.chain }),
    ...(plugins[name] && { health: plugins[name] }),
    routes: routes().filter(({ plugin }) => plugin === name),
    handlers: manager.handlers().filter(({ plugin }) => plugin === name),
    metrics: manager.metrics().plugins[name] ?? null,
  }
}

/** What a reload came to, without what is not for JSON: instances and the whole plan. */
export function reloadView(report: ReloadReport) {
  const { outcome, strategy, members, rolledBack, started, unloaded, kept, durationMs, phases, problems } = report
  return {
    ...{ outcome, strategy, members, rolledBack, started, unloaded, kept, durationMs, phases },
    problems: problems.map(errorView),
  }
}

/** An error of the framework: told by its shape, for every copy of it has its own class. */
export function errorView(error: Error & { readonly code?: string; readonly plugin?: string | undefined }) {
  const { code = 'INTERNAL', message, plugin } = error
  return { code, message, ...(plugin !== undefined && { plugin }) }
}
