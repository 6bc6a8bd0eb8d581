// Where cf keeps the state of plugins from one process to the next.
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import type { StateOptions } from 'cf-plugins'
import { keyOfFolders } from './folders.ts'

/** What the command line says about state. */
export interface StatePlaceOptions {
  /** The folder for it. @default that in `CF_STATE_FOLDER`, or one of the user's own for each set of plugin folders */
  readonly stateFolder?: string | undefined
  /** Keep it at all. @default true */
  readonly state?: boolean | undefined
}

const KEY_BYTES = 32
const HEX = /^[0-9a-f]{64}$/i
const BASE64 = /^[\w+/-]{43}=?$/

/**
 * The folder and the key for the state of plugins from these folders; nothing where none is to be kept.
 *
 * @throws `CFP_CLI_STATE_KEY`
 */
export function statePlace(
  folders: readonly string[],
  { stateFolder, state = true }: StatePlaceOptions,
  env: NodeJS.ProcessEnv = process.env,
): StateOptions | undefined {
  if (!state) return undefined
  const named = stateFolder ?? env.CF_STATE_FOLDER
  const folder = named ? resolve(named) : join(stateHome(env), 'cf-plugins', keyOfFolders(folders))
  return env.CF_STATE_KEY ? { folder, key: keyIn(env.CF_STATE_KEY) } : { folder }
}

/** Where programs keep the state of a user. */
function stateHome(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') return env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local')
  // The specification says that a relative one is to be ignored.
  const named = env.XDG_STATE_HOME
  return named && isAbsolute(named) ? named : join(homedir(), '.local', 'state')
}

function keyIn(text: string): Uint8Array {
  const trimmed = text.trim()
  if (HEX.test(trimmed)) return Buffer.from(trimmed, 'hex')
  const key = BASE64.test(trimmed) ? Buffer.from(trimmed, 'base64') : Buffer.alloc(0)
  if (key.length === KEY_BYTES) return key
  // Not what it is: it is a secret.
  throw new PluginError(
    'CFP_CLI_STATE_KEY',
    `CF_STATE_KEY must be ${KEY_BYTES} random bytes, as 64 hexadecimal digits or as base64. Make one with: openssl rand -hex ${KEY_BYTES}`,
  )
}
