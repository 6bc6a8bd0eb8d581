// Makes what a module's code keeps for as long as it lives: each in a scope that holds nothing else.
import { dirname } from 'node:path'
import { isThenable } from '@cf-plugins/plugin-api'
import type { OwnModule } from './own-module.ts'
import type { OwnFiles, Resolver } from './resolve.ts'

/** What a running module asks of its generation, then or much later. */
export interface Importing {
  /** Where `require()` looks for a package that the plugin does not have. */
  readonly hostUrl: string
  /** `import()`: the namespace of what `specifier` means. */
  importFrom(importer: OwnModule, specifier: string): Promise<object>
  /** `require()`: nothing where the host's own `require` is meant. */
  requireFrom(importer: OwnModule, specifier: string): { readonly exports: unknown } | undefined
}

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
export function importerFor(generation: Importing, module: OwnModule): (specifier: unknown) => Promise<object> {
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
