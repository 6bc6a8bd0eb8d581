// Somebody else's project: an empty folder that has our packages from their tarballs, and nothing of this workspace.
import { type ExecFileException, execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What a command printed, and how it ended. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A package as it would be published. */
export interface PackedPackage {
  readonly name: string
  /** Its folder below `packages/`. */
  readonly folder: string
  readonly tarball: string
}

const workspace = join(import.meta.dirname, '../../../..')
const require = createRequire(join(workspace, 'package.json'))

/** Packs every package that would be published into `into`, as `pnpm publish` would. */
export async function packAll(into: string): Promise<PackedPackage[]> {
  const pnpm = join(dirname(require.resolve('pnpm')), 'bin/pnpm.cjs')
  const packed: PackedPackage[] = []
  for (const folder of await readdir(join(workspace, 'packages'))) {
    const { name, exports } = JSON.parse(await readFile(join(workspace, 'packages', folder, 'package.json'), 'utf8'))
    await readFile(join(workspace, 'packages', folder, exports['.'].default)).catch((cause) => {
      throw new Error(`${name} is not built: run "pnpm run build" first ("npm test" does).`, { cause })
    })
    const cwd = join(workspace, 'packages', folder)
    const { stdout } = succeeded(await run(process.execPath, [pnpm, 'pack', '--json', '--pack-destination', into], cwd))
    packed.push({ name, folder, tarball: JSON.parse(stdout).filename })
  }
  return packed
}

/** A project in an empty folder outside of the workspace. */
export class Consumer {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** An empty folder, which is no project yet. */
  static async empty(): Promise<Consumer> {
    return new Consumer(await realpath(await mkdtemp(join(tmpdir(), 'cf-plugins-consumer-'))))
  }

  static async create(): Promise<Consumer> {
    const consumer = await Consumer.empty()
    await consumer.write('package.json', JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }))
    return consumer
  }

  /** Installs tarballs, or packages of the registry, with npm. */
  async install(packages: readonly string[]): Promise<void> {
    const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier']
    await this.npm('install', ...quietly, ...packages)
  }

  async npm(...args: readonly string[]): Promise<void> {
    succeeded(await run('npm', args, this.folder))
  }

  /** Names of everything in its `node_modules`. */
  async installed(): Promise<string[]> {
    const lock = JSON.parse(await readFile(join(this.folder, 'package-lock.json'), 'utf8'))
    return Object.keys(lock.packages)
      .filter((path) => path !== '')
      .map((path) => path.slice('node_modules/'.length))
      .sort()
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true })
    await writeFile(join(this.folder, file), text)
  }

  copy(from: string, file: string): Promise<void> {
    return copyFile(from, join(this.folder, file))
  }

  /** Runs a file of its own with this Node. */
  node(...args: readonly string[]): Promise<Outcome> {
    return run(process.execPath, args, this.folder)
  }

  /** Runs a command that a package brought. */
  bin(name: string, ...args: string[]): Promise<Outcome> {
    return run(join(this.folder, 'node_modules/.bin', name), args, this.folder)
  }

  /** Runs the workspace's TypeScript compiler in it. */
  tsc(): Promise<Outcome> {
    return run(process.execPath, [join(dirname(require.resolve('typescript')), 'tsc.js')], this.folder)
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}

/** The version of a package that the workspace's root has, or cf-plugins. */
export function workspaceVersion(name: string): string {
  const paths = [workspace, join(workspace, 'packages/cf-plugins')]
  return require(require.resolve(`${name}/package.json`, { paths })).version
}

function run(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const done = (error: ExecFileException | null, stdout: string, stderr: string) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    // On Windows npm and what it puts into bin folders are batch files, which only a shell starts.
    const shell = process.platform === 'win32' && command !== process.execPath
    execFile(command, args, { cwd, shell, env: outsideEnvironment(), timeout: 120_000 }, done)
  })
}

/** The environment without what npm, pnpm and vitest put there for this run, which would point npm back to this workspace. */
export function outsideEnvironment(): NodeJS.ProcessEnv {
  const kept = ['npm_config_cache', 'npm_config_registry', 'npm_config_userconfig']
  const dropped = /^(npm_|pnpm_|INIT_CWD$|NODE_ENV$|NODE_PATH$|NODE_OPTIONS$|VITEST)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.includes(name) || !dropped.test(name)))
}

function succeeded(outcome: Outcome): Outcome {
  if (outcome.code !== 0) throw new Error(`Exit code ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`)
  return outcome
}
