// What a plugin gets from others and offers to them: the services of its context.
import {
  type PluginContext,
  type ServiceConsumer,
  type ServiceRef,
  serviceName,
  type Undo,
} from '@cf-plugins/plugin-api'
import { argumentError, type ContextSource, contextError, registering, usable } from './context-source.ts'
import { type DeclaredList, toDeclare } from './declaration.ts'
import { PluginScoped } from './provided-services.ts'

interface InjectOptions {
  readonly optional?: boolean
  readonly all?: boolean
}

/** `context.inject`. */
export function contextInject(source: ContextSource): PluginContext['inject'] {
  return ((ref: ServiceRef<unknown> | string, { optional = false, all = false }: InjectOptions = {}) => {
    const of = usable(source, 'inject')
    const service = serviceName(ref)
    const { use, access } = of
    if (all) {
      access.allow('service', service)
      if (!of.record.meta.collects.includes(service)) throw undeclared(of, service, 'collects')
      return use.collected(service).map((offer) => use.given(offer))
    }
    if (optional) assertDeclared(of, service, 'optionalDependencies')
    const found = optional ? use.optional(service) : use.one(service)
    // What it offers itself it has anyway.
    if (found?.owner !== of.name) access.allow('service', service)
    if (found) return use.given(found)
    if (optional) return undefined
    throw notThere(of, service)
  }) as PluginContext['inject']
}

/** `context.provide`. */
export function contextProvide(source: ContextSource): PluginContext['provide'] {
  return (ref: ServiceRef<unknown> | string, service: unknown, options?: { readonly scope: 'plugin' }): Undo => {
    const of = registering(source, 'provide')
    const name = serviceName(ref)
    if (!of.record.meta.provides.includes(name)) {
      const what = `offered the service "${name}" without declaring it. ${toDeclare(of.record, 'provides', name)}`
      throw contextError(of, 'CFP_SERVICE_NOT_DECLARED', what)
    }
    if (options === undefined) return of.provide(name, service)
    if (options.scope !== 'plugin' || typeof service !== 'function') {
      throw argumentError(of, 'provide', "a function that makes the service, with { scope: 'plugin' }")
    }
    return of.provide(name, new PluginScoped(of, name, service as (consumer: ServiceConsumer) => unknown))
  }
}

/** Why a service is not there that the plugin cannot do without. */
function notThere(of: ContextSource, service: string): Error {
  const owners = of.lookup(service).map(({ owner }) => owner)
  if (owners.length > 0) assertDeclared(of, service, owners.includes(service) ? 'dependencies' : 'requires')
  const providers = of.host.providersOf(service).filter((name) => of.dependencies.names.includes(name))
  const what = providers.includes(service)
    ? 'and setup() of that plugin returned nothing: return it there, or'
    : providers.length > 0
      ? `which "${providers.join('" and "')}" declares and does not offer now: provide() it in setup(), or`
      : 'which nobody offers. Check the name, or'
  return contextError(
    of,
    'CFP_SERVICE_UNKNOWN',
    `asked for the service "${service}", ${what} ask with { optional: true }.`,
  )
}

/** @throws `CFP_SERVICE_UNDECLARED` where metadata names neither the service nor anybody who provides it */
function assertDeclared(of: ContextSource, service: string, list: DeclaredList): void {
  const { name, requires, provides, dependencies, optionalDependencies } = of.record.meta
  if (service === name || requires.includes(service) || provides.includes(service)) return
  const named = [...dependencies, ...optionalDependencies].map((dependency) => dependency.name)
  if (named.includes(service)) return
  const providers = new Set([...of.host.providersOf(service), ...of.lookup(service).map(({ owner }) => owner)])
  if (!named.some((each) => providers.has(each))) throw undeclared(of, service, list)
}

function undeclared(of: ContextSource, service: string, list: DeclaredList): Error {
  const owners = of.lookup(service).map(({ owner }) => `"${owner}"`)
  const whose = owners.length > 0 ? ` of ${owners.join(' and ')}` : ''
  const what = `asked for the service "${service}"${whose} without declaring it. ${toDeclare(of.record, list, service)}`
  return contextError(of, 'CFP_SERVICE_UNDECLARED', what)
}
