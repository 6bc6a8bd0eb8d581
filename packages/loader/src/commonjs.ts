// Runs a CommonJS file of a plugin, fresh in each generation as its ES modules are.
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { ModuleFunction } from './evaluate-source.ts'
import type { Importing } from './module-bindings.ts'
import { defineCommonJsExports } from './namespace.ts'
import type { OwnModule } from './own-module.ts'

/** What runs `module` when its turn comes. */
export function commonJsRunner(
  generation: Importing,
  module: OwnModule,
  wrapper: ModuleFunction,
  importFunction: unknown,
): () => void {
  return () => {
    const { file } = module
    const self: { exports: unknown } & Record<string, unknown> = {
      exports: {},
      id: file,
      filename: file,
      path: dirname(file),
      loaded: false,
    }
    module.commonJs = self
    wrapper.call(self.exports, self.exports, requireFor(generation, module), self, file, dirname(file), importFunction)
    self.loaded = true
    defineCommonJsExports(module, self.exports)
  }
}

function requireFor(generation: Importing, module: OwnModule): NodeJS.Require {
  const hosts = createRequire(module.file)
  const own = (specifier: string): unknown => {
    const found = generation.requireFrom(module, specifier)
    if (found) return found.exports
    try {
      return hosts(specifier)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
      return createRequire(generation.hostUrl)(specifier)
    }
  }
  return Object.assign(own, {
    resolve: hosts.resolve,
    cache: hosts.cache,
    extensions: hosts.extensions,
    main: undefined,
  })
}
