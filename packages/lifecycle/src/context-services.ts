// What a plugin gets from others and offers to them: the services of its context.
import { type PluginContext, type ServiceRef, serviceName, type Undo } from '@cf-plugins/plugin-api'
import { type ContextSource, contextError, registering, usable } from './context-source.ts'
import { declares } from './host.ts'

/** `context.inject`. */
export function contextInject(source: ContextSource): PluginContext['inject'] {
  return ((ref: ServiceRef<unknown> | string, options?: { readonly optional?: boolean }) => {
    const of = usable(source, 'inject')
    const service = serviceName(ref)
    of.access.allow('service', service)
    const found = of.lookup(service)
    if (!found) {
      if (options?.optional) return undefined
      throw contextError(
        source,
        'CFP_SERVICE_UNKNOWN',
        `asked for the service "${service}", which nobody offers. Check the name, or ask with { optional: true }.`,
      )
    }
    if (!declares(of.record.meta, found.owner, service)) {
      throw contextError(
        source,
        'CFP_SERVICE_UNDECLARED',
        `asked for the service "${service}" of plugin "${found.owner}", on which it does not depend. Add '${found.owner}' to its dependencies, or '${service}' to its requires.`,
      )
    }
    return found.service
  }) as PluginContext['inject']
}

/** `context.provide`. */
export function contextProvide(source: ContextSource): PluginContext['provide'] {
  return (ref: ServiceRef<unknown> | string, service: unknown): Undo => {
    const of = registering(source, 'provide')
    const name = serviceName(ref)
    if (!of.record.meta.provides.includes(name)) {
      throw contextError(
        source,
        'CFP_SERVICE_NOT_DECLARED',
        `offered the service "${name}" without declaring it. Add '${name}' to \`provides\` in its metadata.`,
      )
    }
    return of.provide(name, service)
  }
}
