// Every package's tests in one run: one worker pool for the machine's cores, and one summary.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname
const folders = ['packages', 'examples', 'benchmarks'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => `${group}/${name}`),
)

/** The folder's own name; that of a package comes before that of an example. */
function nameOf(folder: string): string {
  const [group, name = folder] = folder.split('/')
  return group !== 'packages' && folders.includes(`packages/${name}`) ? `${group}-${name}` : name
}

export default defineConfig({
  resolve: { conditions: ['@cf-plugins/source'] },
  ssr: { resolve: { conditions: ['@cf-plugins/source', 'module', 'node', 'development|production'] } },
  test: {
    // Most of a test here is waiting: for a file to settle, a process to end. One core is not to be spared for vitest itself.
    maxWorkers: '100%',
    // Hosts tell on standard error what goes wrong, as most of them are tested to do: of interest where a test fails.
    silent: 'passed-only',
    projects: folders
      .filter((folder) => existsSync(join(root, folder, 'test')))
      .map((folder) => ({
        extends: true,
        test: {
          name: nameOf(folder),
          root: join(root, folder),
          include: ['test/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // Real processes, watchers and kernels on a shared machine: there, and only there, a test has a second try.
          retry: process.env.CI ? 1 : 0,
        },
      })),
  },
})
