export type { AccessOptions } from './access-control.ts'
export {
  type HookTrace,
  registerChannel,
  type StateChange,
  setupChannel,
  stateChannel,
  teardownChannel,
} from './channels.ts'
export type { LifecycleOptions } from './core.ts'
export { type LifecycleErrorCode, LifecycleErrorCodes } from './error-codes.ts'
export type { StartReason } from './generation-start.ts'
export type { PluginHealthReport } from './health.ts'
export { type AppScope, DEFAULT_BOUNDS, type ScopeApp } from './host.ts'
export { Lifecycle } from './lifecycle.ts'
export { loadAndRegisterOrdered, type OrderedStart } from './load-and-register-ordered.ts'
export type { LifecycleState, LoopBlocks, PluginStatus } from './plugin-slot.ts'
export type { ConfigPlace } from './raw-configs.ts'
export type { ReloadRequest } from './reconciler.ts'
export type { ReconfigureOptions, ReconfigureReport } from './reconfigure-report.ts'
export { type RegisteredPlugin, registerPlugin } from './register-plugin.ts'
export type { PhaseTiming, ReloadBounds, ReloadStrategy, TransactionPhase, TransactionReport } from './reload-unit.ts'
export type { StateListener } from './roster.ts'
export type { StartFailure, StartReport, StopReport, TimelineEntry } from './start-report.ts'
export type { StartOptions } from './start-run.ts'
export type { OpenState, StatefulPlugin, StateKeeper, StateOwner } from './state-keeper.ts'
export type { StrayErrorOptions } from './stray-code.ts'
export { AppShutdown, AppStartup, PluginStateChanged, type ShutdownNotice } from './system-events.ts'
