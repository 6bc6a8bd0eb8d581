// Where cf keeps the audit trail of the host of some plugin folders.
import { join } from 'node:path'
import { foldersOf } from './folders.ts'
import { statePlace } from './state-place.ts'

/** Beside the state of its plugins, in the user's own folder for these plugin folders. */
export function auditFile(paths: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { CF_STATE_FOLDER: _, CF_STATE_KEY: __, ...own } = env
  return join(statePlace(foldersOf(paths), {}, own)?.folder ?? '', 'audit', 'audit.jsonl')
}
