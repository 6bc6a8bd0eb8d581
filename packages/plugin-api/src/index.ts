export { BasePlugin } from './base-plugin.ts'
export type {
  ContextHooks,
  EmitReport,
  EventContext,
  EventHandler,
  HandlerFailure,
  HandlerOptions,
  Holdable,
  HookHandler,
  Listenable,
  Logger,
  Ownable,
  PluginContext,
  Priority,
  Undo,
} from './context.ts'
export { type HookMethod, hook, hookMethodsOf, inject, plugin } from './decorators.ts'
export { type DefinedPlugin, type DefinitionState, definePlugin, type PluginDefinition } from './define-plugin.ts'
export {
  HotReloadError,
  messageOf,
  PluginError,
  type PluginErrorDetails,
  type PluginIssue,
  StatePreservationError,
} from './errors.ts'
export {
  carryService,
  type InstanceHook,
  type PluginHealth,
  type PluginInstance,
  type ServiceCarrier,
  serviceOf,
} from './instance.ts'
export {
  type DependencyList,
  PLUGIN_API_VERSION,
  type PluginDependency,
  type PluginMeta,
  type PluginTimeouts,
  type ResolvedPluginMeta,
} from './meta.ts'
export type { PluginRecord, PluginSource, RegisterPlugin } from './record.ts'
export { resolveMeta } from './resolve-meta.ts'
export { type ServiceRef, serviceName, serviceRef } from './service-ref.ts'
export type { InferOutput, StandardIssue, StandardResult, StandardSchema } from './standard-schema.ts'
export { type Awaitable, isThenable } from './thenable.ts'
export { toPluginRecord } from './to-plugin-record.ts'
