// A real graph: Debian's packages and what they depend on.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../package-root.ts'
import { type Entries, randomNumbers, scaleFree } from './graphs.ts'

/** A graph of this machine. */
export interface RealGraph {
  /** What it is, for the title of a case. */
  readonly of: string
  entries(): Entries
}

const LISTS = '/var/lib/apt/lists'
const READ = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const

/** The packages of Debian's archive as this machine has their list; without one, those that are installed; without Debian, a made graph that is like it. */
export function debianPackages(): RealGraph {
  const list = largest(LISTS, /_main_binary-\w+_Packages(\.\w+)?$/)
  if (list !== undefined) {
    const helper = '/usr/lib/apt/apt-helper'
    return {
      of: 'the packages of Debian',
      entries: () => kept(list, () => entriesOfControl(execFileSync(helper, ['cat-file', list], READ))),
    }
  }
  const status = '/var/lib/dpkg/status'
  if (statSync(status, { throwIfNoEntry: false })) {
    return {
      of: 'the packages of this Debian installation',
      entries: () => entriesOfControl(readFileSync(status, 'utf8')),
    }
  }
  return { of: 'a made scale-free graph, for there is no Debian here', entries: likeDebian }
}

function largest(folder: string, name: RegExp): string | undefined {
  if (!statSync(folder, { throwIfNoEntry: false })) return undefined
  const files = readdirSync(folder)
    .filter((file) => name.test(file))
    .map((file) => join(folder, file))
  return files.sort((a, b) => statSync(b).size - statSync(a).size)[0]
}

/** Made once for a list as it is: a second saved for each contender's process. */
function kept(list: string, make: () => Entries): Entries {
  const { size, mtimeMs } = statSync(list)
  const folder = join(packageRoot, 'node_modules/.cache')
  const file = join(folder, `debian-${size}-${mtimeMs}.json`)
  if (statSync(file, { throwIfNoEntry: false })) return JSON.parse(readFileSync(file, 'utf8'))
  const entries = make()
  mkdirSync(folder, { recursive: true })
  // Whole or not at all, whoever else makes it now.
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(entries))
  renameSync(`${file}.${process.pid}`, file)
  return entries
}

/** With circles, too. */
function likeDebian(): Entries {
  const entries = [...scaleFree(60_000, 7)]
  const random = randomNumbers(11)
  const randomEntry = () => entries[Math.floor(random() * entries.length)] ?? ['', []]
  const added = Array.from({ length: 50 }).flatMap((): Entries => {
    const [one, other] = [randomEntry(), randomEntry()]
    return [
      [one[0], [other[0]]],
      [other[0], [one[0]]],
    ]
  })
  const extra = new Map(added)
  return entries.map(([name, dependencies]) => [name, [...new Set([...dependencies, ...(extra.get(name) ?? [])])]])
}

/** Of alternatives the first counts; versions and architectures are left out. */
function entriesOfControl(text: string): Entries {
  const known = new Map<string, string>()
  const whole = (name: string): string => {
    const before = known.get(name)
    if (before !== undefined) return before
    // A slice would keep the whole text in memory.
    const copy = Buffer.from(name).toString()
    known.set(copy, copy)
    return copy
  }
  return text.split('\n\n').flatMap((paragraph): Entries => {
    const name = /^Package: (\S+)/m.exec(paragraph)?.[1]
    if (name === undefined) return []
    const fields = [...paragraph.matchAll(/^(?:Pre-)?Depends: (.*)/gm)].flatMap(([, list = '']) => list.split(','))
    const dependencies = fields.map((field) => whole(/[^\s:(|]+/.exec(field)?.[0] ?? name))
    return [[whole(name), [...new Set(dependencies)].filter((dependency) => dependency !== name)]]
  })
}
