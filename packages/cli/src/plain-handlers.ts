// Who listens to what, as plain data, with what was measured of it.
import type { HandlerView, HistogramSnapshot, PluginManager } from 'cf-plugins'

/** One handler of one name. */
export interface HandlerLine extends HandlerView {
  /** Of all its calls, where the host measures them. */
  readonly duration?: HistogramSnapshot
}

/** Grouped by kind and name; within a name in the order of the calls. */
export function plainHandlers(manager: Pick<PluginManager, 'handlers' | 'metrics'>): HandlerLine[] {
  const measured = new Map(
    manager.metrics().handlers.map((each) => [`${each.kind} ${each.name} ${each.plugin}`, each.duration]),
  )
  const lines = manager.handlers().map((handler) => {
    const duration = measured.get(`${handler.kind} ${handler.name} ${handler.plugin}`)
    return duration && duration.count > 0 ? { ...handler, duration } : handler
  })
  const place = (line: HandlerLine) => `${line.kind} ${line.name}`
  // A sort that keeps the order of those that are equal.
  return lines.sort((one, other) => (place(one) < place(other) ? -1 : place(one) > place(other) ? 1 : 0))
}
