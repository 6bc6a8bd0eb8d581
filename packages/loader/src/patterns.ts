// Which names are a plugin's entry file.
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import type Picomatch from 'picomatch'
import { SOURCE_EXTENSIONS } from './resolve.ts'

const EXTENSIONS = `{${SOURCE_EXTENSIONS.map((extension) => extension.slice(1)).join(',')}}`

/** A source file in the plugin folder itself, or the `index` or `plugin` file of a folder in it, at any depth. */
export const DEFAULT_PATTERNS: readonly string[] = [
  `*.${EXTENSIONS}`,
  `**/index.${EXTENSIONS}`,
  `**/plugin.${EXTENSIONS}`,
]

/** Matches paths from the plugin folder, with `/` between their parts, against glob patterns. */
export function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  // Many hosts never give any.
  if (patterns === DEFAULT_PATTERNS) return (path) => !path.includes('/') || /\/(?:index|plugin)\.[^./]+$/.test(path)
  const picomatch: typeof Picomatch = createRequire(import.meta.url)('picomatch')
  return picomatch([...patterns])
}

/** Names that are never a plugin, nor hold one: helpers (`_`), hidden ones, packages. */
export function isPassedOver(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.') || name === 'node_modules'
}

/** Whether a name can be an entry file at all: JavaScript or TypeScript, no declarations, no test. */
export function isSourceName(path: string): boolean {
  const name = basename(path)
  if (isPassedOver(name) || /\.d\.[mc]?ts$/.test(name)) return false
  if (/\.(?:test|spec)\.[^.]+$/.test(name) || name.startsWith('test_')) return false
  return SOURCE_EXTENSIONS.some((extension) => name.endsWith(extension) && name.length > extension.length)
}
