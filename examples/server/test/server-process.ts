// The real server as a process of its own, on a free port, with plugins of its own to edit.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished, vi } from 'vitest'
import { layDatabase } from './embedded-template.ts'

const SERVER = join(import.meta.dirname, '..')
const MAIN = join(SERVER, 'dist/main.js')
/** How long a start may take, in milliseconds. */
const START_MS = 60_000
/** How long a stop may take before the process is killed, in milliseconds. */
const STOP_MS = 25_000

/** What the server is started with. */
export interface ServerProcessOptions {
  /** Which of the server's plugins it has: names in `plugins/`. @default all of them */
  readonly only?: readonly string[]
  /** Files of plugins besides, by their path in `plugins/`. */
  readonly files?: Readonly<Record<string, string>>
  /** The configuration, as text. @default plugins.yaml of the example */
  readonly config?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly args?: readonly string[]
  /** A folder of an earlier server, to go on with. @default a new one, which is gone in the end */
  readonly folder?: string
}

/** A server that was started. */
export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Where its `plugins`, `plugins.yaml` and `data` are. */
  readonly folder: string
  /** All that it has written, without colours. */
  text(): string
  /** Resolves when it has written this. */
  written(part: string | RegExp): Promise<void>
  /** Replaces a text in a file below its folder, which must have it. */
  edit(file: string, from: string, to: string): Promise<void>
  write(file: string, text: string): Promise<void>
  /** Its exit code; nothing where a signal ended it. */
  readonly ended: Promise<number | null>
  /** Ends it as an operator would, waits for that, and removes its folder. */
  stop(): Promise<number | null>
}

/** Starts a server that ends with the test. */
export async function serverForTest(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const server = await startServerProcess(options)
  onTestFinished(async () => void (await server.stop()))
  return server
}

/** Starts a server, and waits until it answers. Whoever calls this stops it. @throws with what it wrote, where it ends */
export async function startServerProcess(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const server = await spawnServer(options)
  const isUp = () => {
    if (server.child.exitCode !== null) throw new Error(`the server ended:\n${server.text()}`)
    const url = /^Open +(http:\S+)/m.exec(server.text())?.[1]
    if (url === undefined) throw new Error(`the server is not up:\n${server.text()}`)
    return url
  }
  try {
    const over = server.ended.then(() => Promise.reject(new Error(`the server ended:\n${server.text()}`)))
    // It may be up, and nobody asks any more.
    over.catch(() => {})
    const url = await Promise.race([vi.waitFor(isUp, { timeout: START_MS, interval: 20 }), over])
    return Object.assign(server, { url })
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Starts a server, and waits for nothing: for one that is not meant to come up. */
export async function spawnServer(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there. Build first: npm test does, or: npm run build.`)
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'cf-plugins-server-')))
  if (options.folder === undefined) await fill(folder, options)
  const args = ['--plugins', join(folder, 'plugins'), '--data', join(folder, 'data'), ...(options.args ?? [])]
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', NO_COLOR: '1', ...options.env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve).on('error', reject)
  })
  const text = () => stripVTControlCharacters(output)
  const write = async (file: string, content: string) => {
    const path = join(folder, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  const stop = async () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    if (child.exitCode === null) child.kill('SIGTERM')
    const code = await ended
    clearTimeout(timer)
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    return code
  }
  return {
    child,
    url: '',
    folder,
    ended,
    text,
    write,
    stop,
    written: (part) =>
      vi.waitFor(
        () => {
          const isThere = typeof part === 'string' ? text().includes(part) : part.test(text())
          if (!isThere) throw new Error(`never written: ${part}\n\n${text()}`)
        },
        { timeout: 20_000, interval: 20 },
      ),
    edit: async (file, from, to) => {
      const content = await readFile(join(folder, file), 'utf8')
      if (!content.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`)
      await write(file, content.replace(from, to))
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

async function fill(folder: string, { only, files = {}, config, env }: ServerProcessOptions): Promise<void> {
  const plugins = join(folder, 'plugins')
  const isWanted = (name: string) => name === '_shared' || !only || only.includes(name.replace(/\.ts$/, ''))
  await cp(join(SERVER, 'plugins'), plugins, {
    recursive: true,
    filter: (source) => {
      const [name = ''] = source.slice(join(SERVER, 'plugins').length + 1).split('/')
      return name === '' || isWanted(name)
    },
  })
  const isEmbedded = !{ ...process.env, ...env }.DATABASE_URL
  if (isEmbedded && isWanted('database')) await layDatabase(join(folder, 'data/database'))
  const text = config ?? (await readFile(join(SERVER, 'plugins.yaml'), 'utf8'))
  await writeFile(join(folder, 'plugins.yaml'), text)
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(plugins, file)), { recursive: true })
    await writeFile(join(plugins, file), content)
  }
}
