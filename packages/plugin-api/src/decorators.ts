// The standard (TC39) decorators of a plugin class, and what they leave behind. Nothing is kept in this module: all of
// it stands in the class's own metadata, under symbols that duplicate copies of this package share.
import './symbol-metadata.ts'
import type { HandlerOptions, PluginContext } from './context.ts'
import { PluginError } from './errors.ts'
import type { PluginMeta } from './meta.ts'
import type { InjectedService } from './resolve-meta.ts'
import { type ServiceRef, serviceName } from './service-ref.ts'

/** A `@hook` method of an instance, ready to be called. */
export interface HookMethod {
  readonly hook: string
  readonly options: HandlerOptions
  /** Bound to its instance. */
  readonly method: (...args: unknown[]) => unknown
}

interface HookEntry {
  readonly hook: string
  readonly options: HandlerOptions
  readonly name: string | symbol
  readonly private: boolean
  readonly get: (instance: unknown) => unknown
}

interface Noted {
  plugin?: unknown
  readonly hooks: HookEntry[]
  readonly injected: InjectedService[]
}

const BELONGS = {
  class: 'a class',
  method: 'a method of instances',
  accessor: 'an accessor of instances (`accessor name`)',
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
    noted(context, 'plugin', 'class').plugin = meta
  }
}

/**
 * Makes a method a handler of `name`, from the plugin's commit on. `#private` methods may be handlers too. A method
 * that overrides a decorated one and is decorated itself stands for both.
 *
 * @throws `CFP_DECORATOR_MISUSE` where it decorates anything but a method of instances.
 */
export function hook(
  name: string,
  options: HandlerOptions = {},
): <This>(method: (this: This, ...args: never[]) => unknown, context: ClassMethodDecoratorContext<This>) => void {
  return (_method, context) => {
    const entry = { hook: name, options, name: context.name, private: context.private }
    noted(context, 'hook', 'method').hooks.push({ ...entry, get: (instance) => context.access.get(instance as never) })
  }
}

type Injects<Value> = <This>(
  target: ClassAccessorDecoratorTarget<This, unknown>,
  context: ClassAccessorDecoratorContext<This, unknown>,
) => ClassAccessorDecoratorResult<This, Value>

/**
 * Gives an accessor a service: taken from `this.context` once, when the instance is made, so that reading it costs
 * nothing. The service becomes a requirement of the plugin, known before any instance is. An optional service that is
 * not there leaves the accessor's own initial value.
 *
 * @throws `CFP_DECORATOR_MISUSE` where it decorates anything but an accessor of instances.
 * @throws `CFP_INJECT_NO_CONTEXT` (the instance) where `this.context` is not set when the accessor is made.
 * @throws `CFP_INJECT_READONLY` (the accessor) when it is assigned to.
 */
export function inject<T>(ref: ServiceRef<T>): Injects<T>
export function inject<T>(ref: ServiceRef<T>, options: { readonly optional: true }): Injects<T | undefined>
export function inject(name: string, options?: { readonly optional?: boolean }): Injects<never>
export function inject(
  refOrName: ServiceRef<unknown> | string,
  options: { readonly optional?: boolean } = {},
): Injects<never> {
  return (_target, context) => {
    const name = serviceName(refOrName)
    const optional = options.optional === true
    noted(context, 'inject', 'accessor').injected.push({ name, optional })
    const at = `@inject("${name}") ${String(context.name)}`
    return {
      init(initial) {
        const given = (this as { context?: PluginContext }).context
        if (typeof given?.inject !== 'function') {
          throw new PluginError(
            'CFP_INJECT_NO_CONTEXT',
            `${at} found no context to take its service from. Extend BasePlugin, or a base class whose constructor sets \`context\`.`,
          )
        }
        return (given.inject(name, { optional }) ?? initial) as never
      },
      set() {
        throw new PluginError(
          'CFP_INJECT_READONLY',
          `${at} can't be assigned to. Keep the value in a field of its own.`,
        )
      },
    }
  }
}

/** The `@hook` methods of an instance, those of its base classes first, each bound to it. */
export function hookMethodsOf(instance: object): readonly HookMethod[] {
  const overridden = new Set<string | symbol>()
  const found: HookEntry[][] = []
  for (const { hooks } of notedOf(Object.getPrototypeOf(instance)?.constructor)) {
    found.unshift(hooks.filter((entry) => entry.private || !overridden.has(entry.name)))
    for (const entry of hooks) if (!entry.private) overridden.add(entry.name)
  }
  return found.flat().map(({ hook, options, get }) => {
    const method = get(instance) as (...args: unknown[]) => unknown
    return { hook, options, method: (...args) => method.apply(instance, args) }
  })
}

/** What `@plugin` was given, or `undefined` for what is no class with a `@plugin` of its own. */
export function pluginMetaOf(type: unknown): { readonly meta: unknown } | undefined {
  const own = typeof type === 'function' && Object.hasOwn(type, Symbol.metadata) ? notedOf(type)[0] : undefined
  return own && 'plugin' in own ? { meta: own.plugin } : undefined
}

/** The services that a class and its base classes ask for by `@inject`. */
export function injectedInto(type: unknown): readonly InjectedService[] {
  return notedOf(type).flatMap(({ injected }) => injected)
}

/** What each class of a chain noted in its metadata, the class itself first. */
function notedOf(type: unknown): Noted[] {
  const found: Noted[] = []
  let metadata = typeof type === 'function' ? type[Symbol.metadata] : undefined
  for (; metadata; metadata = Object.getPrototypeOf(metadata)) {
    if (Object.hasOwn(metadata, NOTED)) found.push(metadata[NOTED] as Noted)
  }
  return found
}

/** What this module reads of a decorator's context. */
interface Place {
  readonly kind: string
  readonly name: string | symbol | undefined
  readonly static?: boolean
  readonly metadata: DecoratorMetadata
}

/** Where the decorated class notes things, after a check that the decorator stands where it may. */
function noted(place: Place, decorator: string, kind: 'class' | 'method' | 'accessor'): Noted {
  const misuse = (problem: string) => new PluginError('CFP_DECORATOR_MISUSE', `@${decorator} ${problem}`)
  // Legacy decorators are called with a name, or with nothing, where standard ones are called with a context.
  if (typeof place !== 'object' || !place?.metadata) {
    throw misuse('is a standard decorator, but was compiled as a legacy one. Turn `experimentalDecorators` off.')
  }
  const { metadata } = place
  if (place.kind !== kind || place.static) {
    const found = `${place.static ? 'static ' : ''}${place.kind} "${String(place.name)}"`
    throw misuse(`stands on the ${found}, and belongs on ${BELONGS[kind]}.`)
  }
  if (!Object.hasOwn(metadata, NOTED)) metadata[NOTED] = { hooks: [], injected: [] } satisfies Noted
  return metadata[NOTED] as Noted
}
