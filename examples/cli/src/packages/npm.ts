// npm, as a process of its own: within a bound, without scripts of packages, and with one line where it fails.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { oneLine, ToolError } from '../tool-error.ts'

/** How npm is run. */
export interface NpmOptions {
  /** The folder of the package that it is about. */
  readonly folder: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * What npm is told each time. Peers are left to us: cf-plugins is the host's own, whatever a plugin's package.json says, and npm would
 * install a second one that nobody uses.
 */
const SETTINGS = [
  '--location=project',
  '--ignore-scripts',
  '--legacy-peer-deps',
  '--omit=dev',
  '--save-exact',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--no-progress',
  '--loglevel=error',
]
/** The most that is kept of what npm says. */
const MOST_TEXT = 64 * 1024

/** @param about what the person asked for @throws ToolError why npm failed */
export async function runNpm(
  command: 'install' | 'uninstall',
  about: string,
  specs: readonly string[],
  { folder, timeoutMs, signal }: NpmOptions,
): Promise<void> {
  // What follows `--` is never an option, whatever it is called.
  const [program, ...first] = npmProgram()
  const args = [...first, command, ...SETTINGS, '--', ...specs]
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const { code, text } = await new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    // A group of its own, so that all of it can be ended.
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-MOST_TEXT)
    })
    const kill = () => endGroup(child.pid)
    if (ended.aborted) kill()
    ended.addEventListener('abort', kill, { once: true })
    child.on('error', (error: NodeJS.ErrnoException) => {
      ended.removeEventListener('abort', kill)
      const why = error.code === 'ENOENT' ? 'there is no npm on the PATH' : error.message
      reject(new ToolError(`npm cannot be run: ${why}`, { cause: error }))
    })
    child.on('close', (code) => {
      ended.removeEventListener('abort', kill)
      resolve({ code, text })
    })
  })
  if (signal.aborted) throw new ToolError(`${about} was not ${command}ed: interrupted`)
  if (ended.aborted) throw new ToolError(`${about} was not ${command}ed: npm did not end within ${timeoutMs / 1000} s`)
  if (code !== 0) throw new ToolError(`${about} was not ${command}ed: ${reasonIn(text)}`)
}

function npmProgram(): [string, ...string[]] {
  if (process.platform !== 'win32') return ['npm']
  // npm.cmd wants a shell, and a shell is no place for names that somebody typed.
  return [process.execPath, join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')]
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

const UNREACHABLE = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|FETCH_ERROR)$/

/** What npm says of its failure, in one line. */
function reasonIn(text: string): string {
  const lines = [...text.matchAll(/^npm (?:error|ERR!) ?(.*)$/gm)].map(([, line = '']) => line.trim())
  const code = lines.find((line) => line.startsWith('code '))?.slice('code '.length)
  if (code === 'E404') return 'the registry has no such package'
  if (code === 'ETARGET') return 'the registry has the package, but not that version'
  if (code !== undefined && UNREACHABLE.test(code)) return `the registry cannot be reached (${code})`
  const said =
    lines.find((line) => line !== '' && !/^(code|errno|syscall|path) /.test(line)) ?? oneLine(text).slice(0, 300)
  return `npm failed${code === undefined ? '' : ` (${code})`}: ${said || 'it did not say why'}`
}
