// What stands for a service of the other side.
import { PluginError } from '@cf-plugins/plugin-api'
import type { ServiceShape } from './context-ops.ts'

/**
 * Gives what calls a method of what a shape describes; with no method, the thing itself. Asked once a method, for what it is to be called by.
 *
 * @param path where it stands in the service
 */
export type StubCall = (
  shape: ServiceShape,
  method: string | undefined,
  path: readonly string[],
) => (args: readonly unknown[]) => unknown

/**
 * A stub: its methods call the other side and are awaited, everything else is a frozen copy. What has no copy says so when it is read.
 *
 * @param made told of the stub, and of each of its parts
 */
export function stubOf(
  shape: ServiceShape,
  call: StubCall,
  made?: (stub: object, shape: ServiceShape, path: readonly string[]) => void,
  path: readonly string[] = [],
): object {
  const stub = shape.isFunction ? promising(call(shape, undefined, path)) : {}
  const put = (name: string, value: unknown) => Object.defineProperty(stub, name, { value, enumerable: true })
  for (const [name, value] of Object.entries(shape.values)) put(name, frozen(value))
  for (const [name, part] of Object.entries(shape.parts)) put(name, stubOf(part, call, made, [...path, name]))
  for (const method of shape.methods) put(method, promising(call(shape, method, path)))
  for (const [name, what] of Object.entries(shape.lacking)) {
    Object.defineProperty(stub, name, { get: () => refuse([...path, name], what), enumerable: false })
  }
  made?.(stub, shape, path)
  return Object.freeze(stub)
}

/** What is thrown where the call is made rejects as well: callers of another side await. A promise that is there is given as it is. */
function promising(call: (args: readonly unknown[]) => unknown): (...args: unknown[]) => Promise<unknown> {
  return (...args) => {
    try {
      return Promise.resolve(call(args))
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

/** A copy is nobody's to change: whoever did would expect the service to have it. Maps and the like stay as they are. */
function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value
  Object.freeze(value)
  for (const each of Object.values(value)) frozen(each)
  return value
}

function refuse(path: readonly string[], what: string): never {
  throw new PluginError(
    'CFP_WORKER_NOT_CLONEABLE',
    `"${path.join('.')}" of a service in another thread is ${what}. Have its plugin offer a method that gives what you need of it.`,
  )
}
