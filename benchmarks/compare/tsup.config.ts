// Own code and the harness in one bundle; every library stays what a host would import. The cases are an entry of their own, which each
// contender's process imports; programs and threads that cases start are entries, too, at the same path below dist. Nobody imports from
// here: no types.
import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/contender-process.ts',
    'src/cases/index.ts',
    'src/cases/**/*-child.ts',
    'src/cases/**/*-thread.ts',
    'src/cases/**/*-program.ts',
  ],
  format: 'esm',
  target: 'node20',
  platform: 'node',
  noExternal: ['@cf-plugins/bench-harness'],
  external: [/^[^./]/],
  clean: true,
  splitting: true,
  // `node:path` is a URL, and resolved as such; `path` is resolved after two errors that say that it is none.
  removeNodeProtocol: false,
})
