// Plugins' configuration: read from files and the environment, checked by the plugins' own schemas, told apart edit by edit.
export type { ConfigChange } from './changes.ts'
export type { ConfigCheckOptions } from './check.ts'
export {
  type ConfigPosition,
  type ConfigProblem,
  type ConfigRefusal,
  configError,
  problemLine,
} from './config-problem.ts'
export { ConfigSnapshot } from './config-snapshot.ts'
export { type ConfigLoadOptions, ConfigSource, type ConfigSourceOptions } from './config-source.ts'
export { type ConfigDocumentation, type ConfigOption, documentation } from './documentation.ts'
export { documentationMarkdown, documentationText } from './documentation-text.ts'
export { type ConfigErrorCode, ConfigErrorCodes } from './error-codes.ts'
export type { PluginConfigEntry } from './plugin-entry.ts'
export { Secrets } from './secrets.ts'
export type { ConfigurablePlugin } from './snapshot-parts.ts'
