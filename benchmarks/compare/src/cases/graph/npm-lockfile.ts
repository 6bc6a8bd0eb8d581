// A real graph of npm packages: what this repository's own lockfile resolves.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../package-root.ts'
import type { Entries } from './graphs.ts'

/** Every package of `pnpm-lock.yaml`, `name@version`, with the versions that it depends on. */
export function npmLockfile(): Entries {
  const text = readFileSync(join(packageRoot, '../../pnpm-lock.yaml'), 'utf8')
  const dependencies = new Map<string, string[]>()
  const snapshots = text.slice(text.indexOf('\nsnapshots:\n'))
  let current: string[] = []
  for (const line of snapshots.split('\n')) {
    const [, indent = '', key = '', value = ''] = /^( +)'?([^'\s]+?)'?:(?: '?([^']*)'?)?$/.exec(line) ?? []
    if (indent.length === 2) {
      current = []
      dependencies.set(key, current)
    }
    // `string-width-cjs: string-width@4.2.3` is another name for a package.
    if (indent.length === 6) current.push(/^[^@(]+@|^@/.test(value) ? value : `${key}@${value}`)
  }
  return [...dependencies].map(([name, all]) => [name, all.filter((each) => dependencies.has(each))])
}
