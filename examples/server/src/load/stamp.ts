// Not part of the server: the load puts it beside the plugins of its copy, as a helper that all of them share. With it each answer says
// which code made it: of the plugin whose route it was, of every service that it was made with, and of this helper.
// Whoever edits a plugin's number, or this one, finds it in what is answered from then on, or finds out what is not so.

/** The edits write another number here, and reload all plugins by it. */
const HELPER = 0

/** What the stamp needs to know of a definition. Whatever else it has stays as it is. */
interface Definition {
  readonly name: string
  setup?(context: Context): unknown
}

interface Answer {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

type Handler = (exchange: unknown) => Answer | undefined | Promise<Answer | undefined>
type Add = (path: string, options: object, handler: Handler) => unknown
type Listener = (request: unknown, response: { setHeader?(name: string, value: string): unknown }) => unknown

/** The part of a plugin's context that the stamp looks through. */
interface Context {
  readonly app: Readonly<Record<string, unknown>>
  readonly config: unknown
  provide(ref: unknown, service: unknown, options?: unknown): unknown
  inject(ref: unknown, options?: unknown): unknown
  listen(emitter: unknown, event: string, listener: Listener, options?: unknown): unknown
}

/** Versions of services, whichever generation of this file stamped them. */
const STAMPS = Symbol.for('cf-plugins.example-server.stamps')
/** For the server's process to count: what of each generation must not outlive it. */
const GENERATIONS = Symbol.for('cf-plugins.example-server.generations')
const shared = globalThis as {
  [STAMPS]?: WeakMap<object, ReadonlyMap<string, string>>
  [GENERATIONS]?: WeakRef<object>[]
}
shared[STAMPS] ??= new WeakMap()
const stamps = shared[STAMPS]
shared[GENERATIONS] ??= []
const generations = shared[GENERATIONS]

type Fault = 'throws' | 'hangs'

/** The same plugin, whose answers and services carry its version. With a fault its setup, when it has done everything, throws or hangs. */
export function stamped<D extends Definition>(definition: D, version: number, fault?: Fault): D {
  const setup = async (context: Context) => {
    const versions = versionsOf(definition.name, version)
    const service = await definition.setup?.(lookedThrough(context, versions))
    mark(service, versions)
    await fail(version, fault)
    return service
  }
  return { ...definition, setup, ...(fault === 'hangs' && { timeouts: { setupMs: 300 } }) }
}

type Register<I, C> = (app: never, context: C) => I

/** The same for a plugin that is a module. */
export function stampedRegister<I extends { setup?(): unknown }, C>(
  register: Register<I, C>,
  name: string,
  version: number,
  fault?: Fault,
): Register<I, C> {
  return (app, context) => {
    const versions = versionsOf(name, version)
    const instance = register(stampedRoutes(app, versions) as never, context)
    const setup = instance.setup?.bind(instance)
    instance.setup = async () => {
      await setup?.()
      await fail(version, fault)
    }
    mark(instance, versions)
    return instance
  }
}

/** Held by the code of one generation, and by nobody else. */
function versionsOf(name: string, version: number): Map<string, string> {
  const versions = new Map([
    [name, String(version)],
    ['helper', String(HELPER)],
  ])
  generations.push(new WeakRef(versions))
  return versions
}

async function fail(version: number, fault: Fault | undefined): Promise<void> {
  if (fault === 'throws') throw new Error(`load: the setup of version ${version} throws`)
  if (fault === 'hangs') await new Promise(() => {})
}

function lookedThrough(context: Context, versions: Map<string, string>): Context {
  const own: Partial<Context> = {
    app: stampedRoutes(context.app, versions),
    provide: (ref, service, options) => {
      mark(service, versions)
      return context.provide(ref, service, options)
    },
    inject: (ref, options) => {
      const service = context.inject(ref, options)
      for (const [name, version] of stampsOf(service)) if (name !== 'helper') versions.set(name, version)
      return service
    },
    listen: (emitter, event, listener, options) =>
      context.listen(emitter, event, event === 'request' ? told(listener, versions) : listener, options),
  }
  return new Proxy(context, {
    get: (target, key) => (Object.hasOwn(own, key) ? Reflect.get(own, key) : Reflect.get(target, key, target)),
  })
}

/** The routes of a plugin, and one more, which tells its version. */
function stampedRoutes(app: Context['app'], versions: ReadonlyMap<string, string>): Context['app'] {
  const [name = ''] = versions.keys()
  const stampedAdd =
    (add: Add): Add =>
    (path, options, handler) =>
      add(path, options, async (exchange) => withStamps(await handler(exchange), versions))
  const routes = new Proxy(app, {
    get: (target, key) => {
      const value = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const add = value.bind(target) as Add
      return ['get', 'post', 'put', 'patch', 'delete'].includes(String(key)) ? stampedAdd(add) : add
    },
  })
  const get = routes.get as Add
  get(`/version/${name}`, {}, () => ({ body: Object.fromEntries(versions) }) as Answer)
  return routes
}

function withStamps(answer: Answer | undefined, versions: ReadonlyMap<string, string>): Answer {
  const stamps = [...versions].map((each) => each.join('=')).join(',')
  return { ...(answer ?? { status: 204 }), headers: { ...answer?.headers, 'x-stamps': stamps } }
}

function told(listener: Listener, versions: ReadonlyMap<string, string>): Listener {
  const [name, version] = [...versions][0] ?? []
  return (request, response) => {
    response.setHeader?.('x-entry', `${name}=${version}`)
    return listener(request, response)
  }
}

function mark(service: unknown, versions: ReadonlyMap<string, string>): void {
  if (isObject(service)) stamps.set(service, versions)
}

function stampsOf(service: unknown): ReadonlyMap<string, string> {
  return (isObject(service) && stamps.get(service)) || new Map()
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
