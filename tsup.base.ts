// One build for every package: ESM with types. `require()` of it works too, on every Node that we support
// (require(esm) is on from 20.19 and 22.12), and so there is never a second copy of a class.
import { defineConfig } from 'tsup'

export const packageBuild = (entry: Record<string, string> = { index: 'src/index.ts' }) =>
  defineConfig({
    entry,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    // The house's packages are never bundled into each other: there is one instance of each, and of the package itself.
    external: [/^cf-plugins$/, /^@cf-plugins\//],
    clean: true,
    sourcemap: true,
    splitting: false,
    // `node:path` is a URL, and resolved as such; `path` is resolved after two errors that say that it is none.
    removeNodeProtocol: false,
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  })
