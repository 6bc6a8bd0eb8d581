// Where a host and those who ask it meet.
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { PluginError } from 'cf-plugins'

/**
 * The address of the host of some plugin folders: a Unix socket in a folder that is the user's own, or a named pipe on
 * Windows. The same folders give the same address, in whichever order and by whichever link they are named.
 */
export function controlAddress(folders: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const real = folders.map((folder) => realPathOf(resolve(folder))).sort()
  const key = createHash('sha256').update(real.join('\0')).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\cf-plugins-${userInfo().username}-${key}`
  return join(env.XDG_RUNTIME_DIR ?? tmpdir(), `cf-plugins-${userInfo().uid}`, `${key}.sock`)
}

/** Makes the folder of a socket: the user's own and nobody else's. @throws `CFP_CLI_HOST_ANSWER` where somebody else made it */
export function prepareSocketFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(folder)
  const isOwn = process.getuid === undefined || uid === process.getuid()
  if (isOwn && (mode & 0o077) === 0) return
  throw new PluginError(
    'CFP_CLI_HOST_ANSWER',
    `${folder} can be changed by others. Remove it, or set XDG_RUNTIME_DIR to a folder of your own.`,
    {
      file: folder,
    },
  )
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

function realPathOf(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
