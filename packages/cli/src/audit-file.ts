// Where cf keeps the audit trail of the host of some plugin folders.
import { join } from 'node:path'
import { foldersOf } from './folders.ts'
import { type StatePlaceOptions, statePlace } from './state-place.ts'

/** Beside the state of its plugins: where that would be, where none is kept. */
export function auditFile(
  paths: readonly string[],
  { stateFolder }: Pick<StatePlaceOptions, 'stateFolder'>,
  env: NodeJS.ProcessEnv = process.env,
): string {
  // A key that is of no use is the state's matter.
  const { CF_STATE_KEY: _, ...rest } = env
  return join(statePlace(foldersOf(paths), { stateFolder }, rest)?.folder ?? '', 'audit', 'audit.jsonl')
}
