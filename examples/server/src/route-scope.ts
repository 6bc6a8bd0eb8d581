// One plugin's view of the table: what it adds shows all at once, and is gone all at once.
import { type AppScope, PluginError, type Undo } from 'cf-plugins'
import type { Handler, RouteOptions } from './exchange.ts'
import { keyOf, type Method, type Route, type RouteTable } from './route-table.ts'
import type { Routes } from './router.ts'

/** Makes the view that one generation of a plugin gets. */
export function routeScope(table: RouteTable, plugin: string): AppScope<Routes> {
  const added = new Map<string, Route>()
  let isLive = false
  const adder =
    (method: Method) =>
    (path: string, options: RouteOptions, handler: Handler): Undo => {
      const route: Route = { method, path, plugin, options, handler }
      table.check(route)
      const key = keyOf(route)
      if (added.has(key)) throw twice(route)
      added.set(key, route)
      if (isLive) table.show(route)
      return () => {
        if (added.get(key) !== route) return
        added.delete(key)
        table.remove(route)
      }
    }
  return {
    view: {
      get: adder('GET'),
      post: adder('POST'),
      put: adder('PUT'),
      patch: adder('PATCH'),
      delete: adder('DELETE'),
    },
    commit() {
      isLive = true
      table.forget(plugin, added.values())
      const refused: unknown[] = []
      for (const route of added.values()) {
        try {
          table.show(route)
        } catch (error) {
          refused.push(error)
        }
      }
      // Two plugins that start side by side may want one path: the later one is told, and keeps its other routes.
      if (refused.length > 0) throw refused[0]
    },
    dispose() {
      isLive = false
      for (const route of added.values()) table.rest(route)
    },
  }
}

function twice({ method, path, plugin }: Route): PluginError {
  return new PluginError('ROUTE_TAKEN', `Plugin "${plugin}" has ${method} ${path} twice. Leave one out.`, { plugin })
}
