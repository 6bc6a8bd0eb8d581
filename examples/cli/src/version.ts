// The version of tally, for whoever asks for nothing else.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export function version(): string {
  return String(JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')).version)
}
