// What a look at the folders and packages finds that nobody has told of.
import { existsSync } from 'node:fs'
import type { Lifecycle } from '@cf-plugins/lifecycle'
import type { FoundPlugin } from '@cf-plugins/loader'
import type { FileChange } from '@cf-plugins/watcher'

/** Plugin files that are not registered, and those of registered plugins that are gone: as a watcher would have told them. */
export function cameAndWent(
  found: readonly FoundPlugin[],
  registry: Pick<Lifecycle['registry'], 'names' | 'get'>,
): FileChange[] {
  const registered = new Set(registry.names().flatMap((name) => registry.get(name)?.source.file ?? []))
  const came = found.filter(({ file }) => !registered.has(file))
  return [
    ...came.map(({ file }) => ({ kind: 'add' as const, file })),
    ...[...registered].filter((file) => !existsSync(file)).map((file) => ({ kind: 'unlink' as const, file })),
  ]
}
