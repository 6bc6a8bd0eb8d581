// Makes what a module's code keeps for as long as it lives: each in a scope that holds nothing else.
import { dirname } from 'node:path'
import { isThenable } from '@cf-plugins/plugin-api'
import type { Generation } from './generation.ts'
import type { OwnModule } from './own-module.ts'
import type { OwnFiles, Resolver } from './resolve.ts'

/** Runs a module: what its generator returns are its exports' values. */
export function runnerOf(module: OwnModule, steps: Generator | AsyncGenerator): () => unknown {
  const take = ({ value }: IteratorResult<unknown>): void => {
    module.values = value as readonly unknown[]
  }
  return () => {
    const last = steps.next()
    return isThenable(last) ? last.then(take) : take(last)
  }
}

/** `import()` of a module. */
export function importerFor(generation: Generation, module: OwnModule): (specifier: unknown) => Promise<object> {
  return async (specifier) => generation.importFrom(module, String(specifier))
}

/** `import.meta` of a module, with the keys that Node gives. */
export function metaFor(module: OwnModule, resolver: Resolver, own: OwnFiles): object {
  const resolve = (specifier: string): string => resolver.urlOf(String(specifier), module, own)
  return Object.assign(Object.create(null), {
    dirname: dirname(module.file),
    filename: module.file,
    resolve,
    url: module.url,
  })
}
