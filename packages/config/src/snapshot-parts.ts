// What a configuration is made of, and whom it is for.
import type { ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import type { ConfigProblem } from './config-problem.ts'
import type { ReadEntry } from './plugin-entry.ts'
import type { SchemaTrees } from './schema-trees.ts'
import type { Secrets } from './secrets.ts'
import type { Environment } from './variables.ts'

/** What of a plugin's metadata a configuration looks at. */
export type ConfigurablePlugin = Pick<ResolvedPluginMeta, 'name' | 'version' | 'config' | 'enabled'>

/** What a snapshot is made of. */
export interface SnapshotParts {
  readonly file: string
  readonly entries: ReadonlyMap<string, ReadEntry>
  readonly problems: readonly ConfigProblem[]
  readonly watchedFiles: readonly string[]
  readonly environment: Environment
  readonly secrets: Secrets
  readonly schemas: SchemaTrees
}
