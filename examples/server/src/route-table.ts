// The table of routes: which plugin has a path now, and which one had it last.
import { messageOf, PluginError } from 'cf-plugins'
import findMyWay from 'find-my-way'
import type { Handler, RouteOptions } from './exchange.ts'

/** The methods that plugins can have routes for. HEAD is GET without the body. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export type Method = (typeof METHODS)[number]

/** A route of one generation of a plugin. */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly plugin: string
  readonly options: RouteOptions
  readonly handler: Handler
}

/** A place in the table. */
export interface Slot {
  /** Who has it; where it is not live, who had it last. */
  route: Route
  isLive: boolean
}

export interface Found {
  readonly slot: Slot
  readonly params: Readonly<Record<string, string>>
}

/** The longest part of a path that a `:name` stands for, in characters. */
const PARAM_MAX = 1024

/** A path that cannot be read: `/%zz`. */
export class BadPath extends Error {}

/** The routes of all plugins by method and path. */
export class RouteTable {
  readonly #engine = engine()
  readonly #slots = new Map<string, Slot>()

  /** What a request of `method` for `path` is for. @throws BadPath */
  find(method: string, path: string): Found | undefined {
    const found = this.#engine.find(asMethod(method), path)
    if (!found) return undefined
    // What the engine gives for a path that it cannot read.
    if (!found.store) throw new BadPath(`The path ${path} cannot be decoded.`)
    return { slot: found.store as Slot, params: found.params as Record<string, string> }
  }

  /** Which methods a path has. */
  allowed(path: string): string[] {
    const methods: string[] = METHODS.filter((method) => this.#engine.find(method, path))
    return methods.includes('GET') ? [...methods, 'HEAD'] : methods
  }

  /**
   * Whether a plugin may have the route: its path can be understood, and nobody else has it.
   *
   * @throws `ROUTE_INVALID`, `ROUTE_TAKEN`
   */
  check(route: Route): void {
    const { method, path, plugin } = route
    try {
      engine().on(method, path, noop)
    } catch (error) {
      const message = `The path of ${method} ${path}, a route of plugin "${plugin}", is not understood: ${messageOf(error)}.`
      throw new PluginError('ROUTE_INVALID', message, { plugin, cause: error })
    }
    const taken = this.#slots.get(keyOf(route))
    if (!taken?.isLive || taken.route.plugin === plugin) return
    const message = `${method} ${path} is a route of plugin "${taken.route.plugin}" already. Give plugin "${plugin}" another path.`
    throw new PluginError('ROUTE_TAKEN', message, { plugin })
  }

  /** Shows a route, in the place of its plugin's older one. @throws `ROUTE_TAKEN` */
  show(route: Route): void {
    this.check(route)
    const key = keyOf(route)
    const slot = this.#slots.get(key)
    if (slot?.route.path === route.path) {
      slot.route = route
      slot.isLive = true
      return
    }
    // The same place with other names in its path.
    if (slot) this.#drop(key, slot)
    const added: Slot = { route, isLive: true }
    this.#engine.on(route.method, route.path, noop, added)
    this.#slots.set(key, added)
  }

  /** Has a route not answered, and remembers whose it is. */
  rest(route: Route): void {
    const slot = this.#slots.get(keyOf(route))
    if (slot?.route !== route) return
    slot.isLive = false
    // Without its handler, which would keep the code that is gone.
    slot.route = { ...route, handler: noop }
  }

  /** Takes a route out. */
  remove(route: Route): void {
    const key = keyOf(route)
    const slot = this.#slots.get(key)
    if (slot?.route === route) this.#drop(key, slot)
  }

  /** Takes out whatever a plugin had that is not among `routes`: its code does not have it any more. */
  forget(plugin: string, routes: Iterable<Route> = []): void {
    const kept = new Set([...routes].map(keyOf))
    for (const [key, slot] of this.#slots) if (slot.route.plugin === plugin && !kept.has(key)) this.#drop(key, slot)
  }

  /** All slots, by path and method. */
  slots(): Slot[] {
    const place = ({ route: { path, method } }: Slot) => `${path} ${METHODS.indexOf(method)}`
    return [...this.#slots.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1))
  }

  #drop(key: string, { route: { method, path } }: Slot): void {
    this.#slots.delete(key)
    this.#engine.off(method, path)
  }
}

function engine() {
  return findMyWay({ maxParamLength: PARAM_MAX, onBadUrl: noop })
}

/** What two routes must not have in common: paths that differ in the names of their parts alone are one. */
export function keyOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path.replaceAll(/:[^/(.:-]+/g, ':')}`
}

function asMethod(method: string): Method {
  return (method === 'HEAD' ? 'GET' : method) as Method
}

function noop(): void {}
