// The commands as they were when the plugins last ran: what is asked for at each press of Tab, and when a plugin is broken.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Places } from '../places.ts'
import { version } from '../version.ts'
import type { CommandTree } from './command-tree.ts'

/** What is remembered. */
export interface Snapshot {
  /** Stands for all that the commands come from. */
  readonly fingerprint: string
  readonly tree: CommandTree
  /** Who had which command when it last ran, by the command's name and aliases. */
  readonly owners: Readonly<Record<string, Owner>>
}

/** A plugin that had a command. */
export interface Owner {
  readonly plugin: string
  readonly file: string | null
}

/** Nothing where there is none, or none that can be read: it is made again. */
export function readSnapshot(places: Places): Snapshot | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(places), 'utf8')) as Snapshot
  } catch {
    return undefined
  }
}

/** A snapshot that cannot be written costs time at the next press of Tab, and nothing else. */
export function writeSnapshot(places: Places, snapshot: Snapshot): void {
  const file = fileOf(places)
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(snapshot), { mode: 0o600 })
    renameSync(`${file}.${process.pid}`, file)
  } catch {
    // A full disk, or a home that may not be written to: see above.
  }
}

/** Changes with every file that has a say in which commands there are. */
export function fingerprintOf(places: Places, env: NodeJS.ProcessEnv = process.env): string {
  const { plugins, config, packages } = places
  const hash = createHash('sha256').update(JSON.stringify([version(), process.version, places]))
  const settings = Object.entries(env).filter(([name]) => name.startsWith('CF_'))
  hash.update(JSON.stringify(settings.sort()))
  const settled = filesIn(config.replace(/\.[^.]*$/, '.d'))
  const installed = ['package.json', 'package-lock.json'].map((name) => join(packages, name))
  for (const path of [...filesIn(plugins), config, ...settled, ...installed]) {
    const found = statSync(path, { throwIfNoEntry: false })
    hash.update(`\n${path} ${found?.mtimeMs} ${found?.size}`)
  }
  return hash.digest('hex')
}

function fileOf({ cache }: Places): string {
  return join(cache, 'commands.json')
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes('node_modules'))
      .sort()
  } catch {
    // That it is missing is told by who starts the plugins.
    return []
  }
}
