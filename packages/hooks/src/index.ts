export type { DeliveryGate, HandlerOwner, ParkedKind } from './delivery-gate.ts'
export type { DispatchOptions, ReportedFailure } from './dispatch-core.ts'
export { callEither } from './either.ts'
export { type HooksErrorCode, HooksErrorCodes } from './error-codes.ts'
export { HookError } from './failures.ts'
export type { HandlerStage, Named } from './handler-stage.ts'
export type { ListenerView } from './handler-table.ts'
export { type HandlerKind, type HandlerOutcome, type HandlerTrace, handlerChannel } from './handler-trace.ts'
export type { HandlerView } from './handler-view.ts'
export type { HandlerPolicy } from './handler-watch.ts'
export type { SettledHandler, SettledHook, SettledValue } from './hook-settled.ts'
export {
  blockedChannel,
  type LoopBlock,
  LoopSpan,
  LoopWatch,
  type LoopWatchOptions,
  type Watchable,
  type WatchedCode,
} from './loop-watch.ts'
export { Pipeline } from './pipeline.ts'
export { PipelineError, type UndoFailure } from './pipeline-failures.ts'
export type { PipelineOptions } from './pipeline-options.ts'
export type { PipelineStage } from './pipeline-stage.ts'
export type { AnyStep } from './pipeline-step.ts'
export { Pipelines, type StepView } from './pipelines.ts'
export { type EmitOptions, PluginEvents } from './plugin-events.ts'
export { PluginHooks } from './plugin-hooks.ts'
