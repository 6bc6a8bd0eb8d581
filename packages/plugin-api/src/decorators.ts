// The standard (TC39) decorators of a plugin class, and what they leave behind. Nothing is kept in this module: all of
// it stands in the class's own metadata, under symbols that duplicate copies of this package share.
import './symbol-metadata.ts'
import type { PluginContext } from './context.ts'
import { PluginError } from './errors.ts'
import type { HandlerOptions } from './handlers.ts'
import type { PluginMeta } from './meta.ts'
import type { HookHandlerOf, HookRef } from './refs.ts'
import type { InjectedService } from './resolve-meta.ts'
import { type ServiceRef, serviceName } from './service-ref.ts'

/** A `@hook` method of an instance, ready to be called. */
export interface HookMethod {
  readonly hook: HookRef | string
  readonly options: HandlerOptions
  /** Bound to its instance. */
  readonly method: (...args: unknown[]) => unknown
}

interface HookEntry {
  readonly hook: HookRef | string
  readonly options: HandlerOptions
  readonly place: ClassMethodDecoratorContext
}

/** What one class's decorators were given. */
interface Noted {
  plugin?: unknown
  readonly hooks: HookEntry[]
  readonly injected: InjectedService[]
}

const NOTED = Symbol.for('cf-plugins.decorated')

/**
 * Makes a class a plugin, for a module to export as its default.
 *
 * @example
 * `@plugin({ name: 'auth', version: '1.0.0' })`
 * `export default class AuthPlugin extends BasePlugin {}`
 * @throws `CFP_DECORATOR_MISUSE` where it decorates anything but a class.
 */
export function plugin(
  meta: PluginMeta,
): <Class extends new (app: never, context: never) => object>(
  target: Class,
  context: ClassDecoratorContext<Class>,
) => void {
  return (_target, context) => {
    noted(context, 'class').plugin = meta
  }
}

/**
 * Makes a method a handler of `name`, from the plugin's commit on. `#private` methods may be handlers too. A method
 * that overrides a decorated one and is decorated itself stands for both.
 *
 * @throws `CFP_DECORATOR_MISUSE` where it decorates anything but a method of instances.
 */
export function hook<Ref extends HookRef>(
  ref: Ref,
  options?: HandlerOptions,
): <This>(method: HookHandlerOf<Ref>, context: ClassMethodDecoratorContext<This>) => void
export function hook(
  name: string,
  options?: HandlerOptions,
): <This>(method: (this: This, ...args: never[]) => unknown, context: ClassMethodDecoratorContext<This>) => void
export function hook(
  hook: HookRef | string,
  options: HandlerOptions = {},
): (method: never, context: ClassMethodDecoratorContext<never>) => void {
  return (_method, place) => {
    noted(place, 'method').hooks.push({ hook, options, place: place as ClassMethodDecoratorContext })
  }
}

type Injects<Value> = <This>(
  target: ClassAccessorDecoratorTarget<This, unknown>,
  context: ClassAccessorDecoratorContext<This, unknown>,
) => ClassAccessorDecoratorResult<This, Value>

/**
 * Gives an accessor a service: taken from `this.context` once, when the instance is made, so that reading it costs
 * nothing. The service becomes a requirement of the plugin, known before any instance is. An optional service that is
 * not there leaves the accessor's own initial value; with `all` the accessor has everyone's, in the order of their starts.
 *
 * @throws `CFP_DECORATOR_MISUSE` where it decorates anything but an accessor of instances.
 * @throws `CFP_INJECT_NO_CONTEXT` (the instance) where `this.context` is not set when the accessor is made.
 * @throws `CFP_INJECT_READONLY` (the accessor) when it is assigned to.
 */
export function inject<T>(ref: ServiceRef<T>): Injects<T>
export function inject<T>(ref: ServiceRef<T>, options: { readonly optional: true }): Injects<T | undefined>
export function inject<T>(ref: ServiceRef<T>, options: { readonly all: true }): Injects<readonly T[]>
export function inject(name: string, options?: { readonly optional?: boolean; readonly all?: boolean }): Injects<never>
export function inject(
  refOrName: ServiceRef<unknown> | string,
  { optional = false, all = false }: { readonly optional?: boolean; readonly all?: boolean } = {},
): Injects<never> {
  return (_target, context) => {
    const name = serviceName(refOrName)
    noted(context, 'accessor').injected.push({ name, optional, all })
    const at = `@inject("${name}")`
    return {
      init(initial) {
        const given = (this as { context?: PluginContext }).context
        if (!given?.inject) {
          throw new PluginError('CFP_INJECT_NO_CONTEXT', `${at} found no context. Extend BasePlugin.`)
        }
        return (given.inject(name, { optional, all } as never) ?? initial) as never
      },
      set() {
        throw new PluginError('CFP_INJECT_READONLY', `${at} is read-only.`)
      },
    }
  }
}

/** The `@hook` methods of an instance, those of its base classes first, each bound to it. */
export function hookMethodsOf(instance: object): readonly HookMethod[] {
  const overridden = new Set<string | symbol>()
  const found: HookEntry[] = []
  for (const { hooks } of notedOf(instance.constructor as DecoratedClass | undefined)) {
    found.unshift(...hooks.filter(({ place }) => place.private || !overridden.has(place.name)))
    for (const { place } of hooks) overridden.add(place.name)
  }
  return found.map(({ hook, options, place }) => {
    const method = place.access.get(instance)
    return { hook, options, method: (...args) => method.apply(instance, args) }
  })
}

/** What a class's own `@plugin` was given, and what the class and its base classes inject. */
export function decorationOf(
  type: unknown,
): { readonly meta: unknown; readonly injected: readonly InjectedService[] } | undefined {
  const own = typeof type === 'function' && Object.hasOwn(type, Symbol.metadata) && notedOn(type[Symbol.metadata])
  return own && 'plugin' in own
    ? { meta: own.plugin, injected: notedOf(type as DecoratedClass).flatMap(({ injected }) => injected) }
    : undefined
}

interface DecoratedClass {
  readonly [Symbol.metadata]?: DecoratorMetadata | null
}

/** What each class of a chain noted, the class itself first. */
function notedOf(type: DecoratedClass | undefined): Noted[] {
  const found: Noted[] = []
  for (let metadata = type?.[Symbol.metadata]; metadata; metadata = Object.getPrototypeOf(metadata)) {
    const own = notedOn(metadata)
    if (own) found.push(own)
  }
  return found
}

function notedOn(metadata: DecoratorMetadata | null | undefined): Noted | undefined {
  return metadata && Object.hasOwn(metadata, NOTED) ? (metadata[NOTED] as Noted) : undefined
}

/** What this module reads of a decorator's context. */
interface Place {
  readonly kind: string
  readonly name: string | symbol | undefined
  readonly static?: boolean
  readonly metadata: DecoratorMetadata
}

/** Where the decorated class notes things, after a check that the decorator stands where it may. */
function noted(place: Place, kind: 'class' | 'method' | 'accessor'): Noted {
  // A legacy decorator is called with a name, or with nothing, where a standard one is called with its context.
  const metadata = place?.metadata
  if (!metadata || place.kind !== kind || place.static) {
    throw new PluginError(
      'CFP_DECORATOR_MISUSE',
      metadata
        ? `A ${kind} decorator stands on the ${place.static ? 'static ' : ''}${place.kind} ${String(place.name)}.`
        : 'Turn `experimentalDecorators` off.',
    )
  }
  metadata[NOTED] = notedOn(metadata) ?? ({ hooks: [], injected: [] } satisfies Noted)
  return metadata[NOTED] as Noted
}
