// What a plugin in a thread gets from others and offers to them: the services of its context.
import { type PluginContext, type ServiceRef, serviceName, type Undo } from '@cf-plugins/plugin-api'
import type { CrossedService } from './context-ops.ts'
import { argumentError, type ThreadSource } from './thread-source.ts'

/** `context.inject`: a stub of the service, or a copy of what has no methods. */
export function threadInject(of: ThreadSource): PluginContext['inject'] {
  return ((
    ref: ServiceRef<unknown> | string,
    options: { readonly optional?: boolean; readonly all?: boolean } = {},
  ) => {
    const crossed = of.host.ask('inject', serviceName(ref), {
      optional: options.optional ?? false,
      all: options.all ?? false,
    })
    if (crossed === undefined) return undefined
    return isSeveral(crossed) ? crossed.map((each) => of.services.receive(each)) : of.services.receive(crossed)
  }) as PluginContext['inject']
}

/** `context.provide`. */
export function threadProvide(of: ThreadSource): PluginContext['provide'] {
  return (ref: ServiceRef<unknown> | string, service: unknown, options?: { readonly scope: 'plugin' }): Undo => {
    const name = serviceName(ref)
    if (options === undefined) {
      const offered = of.services.cross(service)
      return of.add({ run() {} }, (id) => of.host.ask('provide', id, name, offered))
    }
    if (options.scope !== 'plugin' || typeof service !== 'function') {
      throw argumentError(of, 'provide', "a function that makes the service, with { scope: 'plugin' }")
    }
    // The host says what to do instead: it is refused, for who asks for a service has it at once.
    return of.add({ run() {} }, (id) => of.host.ask('provide', id, name, { scope: 'plugin' }))
  }
}

function isSeveral(crossed: CrossedService | readonly CrossedService[]): crossed is readonly CrossedService[] {
  return Array.isArray(crossed)
}
