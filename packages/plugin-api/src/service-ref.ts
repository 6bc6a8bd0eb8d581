// A service's name and its type in one value.

declare const SERVICE: unique symbol

/** A service's name that carries its type. Two refs of one name mean the same service. */
export interface ServiceRef<T> {
  readonly name: string
  readonly [SERVICE]?: T
}

/**
 * A typed reference to the service `name`, to be exported by whoever provides it.
 *
 * @example
 * export const Database = serviceRef<DatabaseService>('database')
 * const database = context.inject(Database) // DatabaseService
 */
export function serviceRef<T>(name: string): ServiceRef<T> {
  return Object.freeze({ name })
}

/** The service's name, whichever way it was asked for. */
export function serviceName(ref: ServiceRef<unknown> | string): string {
  return typeof ref === 'string' ? ref : ref.name
}
