// Where a host and those who ask it meet.
import { lstatSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import { keyOfFolders } from './folders.ts'

/** The longest path that a socket may have on every system, in bytes. */
const PATH_MAX = 100

/**
 * The address of the host of some plugin folders: a Unix socket in a folder that is the user's own, or a named pipe on
 * Windows. The same folders give the same address, in whichever order and by whichever link they are named.
 */
export function controlAddress(folders: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const key = keyOfFolders(folders)
  const { username, uid } = userInfo()
  if (process.platform === 'win32') return `\\\\.\\pipe\\cf-plugins-${username}-${key}`
  const inFolder = (folder: string) => join(folder, `cf-plugins-hosts-${uid}`, `${key}.sock`)
  const wished = inFolder(env.XDG_RUNTIME_DIR || tmpdir())
  return Buffer.byteLength(wished) <= PATH_MAX ? wished : inFolder('/tmp')
}

/** Makes the folder of a socket: the user's own and nobody else's. @throws `CFP_CLI_SOCKET` where it is not */
export function prepareSocketFolder(folder: string): void {
  const refuse = (why: string, cause?: unknown) =>
    new PluginError('CFP_CLI_SOCKET', `${folder} ${why}. Remove it, or set XDG_RUNTIME_DIR to a folder of your own.`, {
      file: folder,
      cause,
    })
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw refuse(`cannot be made: ${messageOf(cause)}`, cause)
  }
  // A link is not followed: where it leads to is for its maker to change.
  const stats = lstatSync(folder)
  const isOwn = process.getuid === undefined || stats.uid === process.getuid()
  if (!stats.isDirectory() || !isOwn || (stats.mode & 0o077) !== 0) throw refuse('can be changed by others')
}

/** Whether somebody listens on an address. */
export function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(1000, () => end(true))
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
}
