// What a run may be told on the command line.
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SERVER } from './scratch.ts'

export interface LoadOptions {
  /** @default 100 */
  readonly edits: number
  /** Clients; a quarter of them connects anew for each request. @default 20 */
  readonly connections: number
  /** The same number makes the same edits. @default chosen at random, and printed */
  readonly seed: number
  /** How long it asks without an edit, half of it before them and half after, in seconds. @default 20 */
  readonly quietSeconds: number
  /** The plugins to run a copy of. @default the server's own */
  readonly plugins: string
}

/** @throws where an option is unknown, or is no whole number from 1 */
export function loadOptions(args: readonly string[]): LoadOptions {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: { load: { type: 'boolean' }, edits: text, connections: text, seed: text, quiet: text, plugins: text },
  })
  return {
    edits: numberOf('edits', values.edits, 100),
    connections: numberOf('connections', values.connections, 20),
    seed: numberOf('seed', values.seed, Math.floor(Math.random() * 1e6) + 1),
    quietSeconds: numberOf('quiet', values.quiet, 20),
    plugins: values.plugins === undefined ? join(SERVER, 'plugins') : resolve(values.plugins),
  }
}

function numberOf(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1, not ${text}`)
  return number
}
