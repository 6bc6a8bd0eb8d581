// Many plugins, registered in the order of their dependencies.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { LifecycleOptions } from './core.ts'
import { Lifecycle } from './lifecycle.ts'
import type { StartReport } from './start-report.ts'
import type { StartOptions } from './start-run.ts'

/** A start's report, and the lifecycle that the plugins live in. */
export interface OrderedStart<App, Shared> extends StartReport {
  readonly lifecycle: Lifecycle<App, Shared>
}

/**
 * Starts plugins, each as soon as its own dependencies are ready: independent ones side by side, sync and async alike,
 * or one after another with `parallel: false`.
 *
 * @throws `CFP_DUPLICATE_NAME`; a plugin that fails is in the report
 * @example
 * const { active, failed, lifecycle } = await loadAndRegisterOrdered(records, app, shared)
 */
export async function loadAndRegisterOrdered<App, Shared>(
  records: Iterable<PluginRecord>,
  app: App,
  shared: Shared,
  options: StartOptions & Omit<LifecycleOptions<App, Shared>, 'app' | 'shared'> = {},
): Promise<OrderedStart<App, Shared>> {
  const lifecycle = new Lifecycle<App, Shared>({ ...options, app, shared })
  for (const record of records) lifecycle.registry.add(record)
  return { ...(await lifecycle.start(options)), lifecycle }
}
