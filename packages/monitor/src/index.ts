// Health, metrics, startup timeline and audit trail of a host's plugins.
export type { AuditEntry, AuditRecord } from './audit-entry.ts'
export { AuditTrail } from './audit-trail.ts'
export type { AuditTrailOptions, AuditTrailStatus } from './audit-trail-options.ts'
export { type MonitorErrorCode, MonitorErrorCodes } from './error-codes.ts'
export type { EventLoopMetrics } from './event-loop-delay.ts'
export { Health, type HealthOptions, type HealthReport, type HealthSource, type PluginHealthEntry } from './health.ts'
export type { HistogramSnapshot } from './histogram.ts'
export type {
  ObservedBlock,
  ObservedHandler,
  ObservedHook,
  ObservedMessage,
  ObservedReload,
  ObservedReport,
  ObservedState,
  ObservedThread,
} from './messages.ts'
export { Metrics, type MetricsOptions, type WorkSource } from './metrics.ts'
export type { HandlerMetrics, MetricsSnapshot, PluginMetrics, ThreadMetrics } from './metrics-snapshot.ts'
export { Monitor, type MonitorOptions } from './monitor.ts'
export type { PluginBlocks, PluginStanding } from './plugin-standing.ts'
export { type AuditReading, type ReadAuditOptions, readAudit } from './read-audit.ts'
export { renderTimeline } from './render-timeline.ts'
export { Timeline, type TimelineOptions, type TimelineReport, type TimelineStart } from './timeline.ts'
