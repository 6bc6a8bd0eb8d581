export { BasePlugin } from './base-plugin.ts'
export type {
  AuditNote,
  ContextEmitOptions,
  ContextHooks,
  EmitReport,
  HandlerFailure,
  Holdable,
  Listenable,
  Logger,
  Ownable,
  PluginContext,
  ServiceConsumer,
} from './context.ts'
export { hook, inject, plugin } from './decorators.ts'
export {
  createDefinePlugin,
  type DefinedPlugin,
  type DefinePlugin,
  type DefinitionState,
  definePlugin,
  type PluginDefinition,
} from './define-plugin.ts'
export {
  HotReloadError,
  messageOf,
  PluginError,
  type PluginErrorDetails,
  type PluginIssue,
  StatePreservationError,
} from './errors.ts'
export type {
  BatchHandler,
  EventContext,
  EventHandler,
  EventOptions,
  HandlerOptions,
  HookHandler,
  Priority,
  RetryOptions,
  SingleEventOptions,
} from './handlers.ts'
export type { InThread } from './in-thread.ts'
export type {
  InstanceHook,
  PluginHealth,
  PluginInstance,
  StatePartName,
} from './instance.ts'
export {
  type DependencyList,
  PLUGIN_API_VERSION,
  type PluginDependency,
  type PluginMeta,
  type PluginTimeouts,
  type ResolvedPluginMeta,
  type WorkerSettings,
} from './meta.ts'
export type {
  GroupStep,
  PipelineRunOptions,
  PipelineStep,
  PipelineSteps,
  StepContext,
  StepOptions,
} from './pipeline.ts'
export type { PluginRecord, PluginSource, RegisterPlugin } from './record.ts'
export {
  type EventRef,
  eventRef,
  type HookArguments,
  type HookHandlerOf,
  type HookKind,
  type HookRef,
  type HookRefOptions,
  type HookResult,
  hookRef,
  type PipelineRef,
  pipelineRef,
} from './refs.ts'
export { type ServiceRef, serviceName, serviceRef } from './service-ref.ts'
export type { InferOutput, StandardIssue, StandardResult, StandardSchema } from './standard-schema.ts'
export {
  type PluginState,
  type SharedStateRef,
  type StateEdit,
  type StatePart,
  type StateTransaction,
  type StateTransactionOptions,
  type StateUpdateOptions,
  sharedStateRef,
} from './state.ts'
export { type Awaitable, isThenable } from './thenable.ts'
export { transfer } from './transfer.ts'
export type { Undo } from './undo.ts'
