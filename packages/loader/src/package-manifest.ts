// What the package.json of a package says of the plugin in it.
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve, sep } from 'node:path'
import { messageOf } from '@cf-plugins/plugin-api'
import { SOURCE_EXTENSIONS } from './resolve.ts'

/** An object that was read from a package.json. */
export type Manifest = Readonly<Record<string, unknown>>

/** Why a package.json, or an entry that it names, cannot be used. */
export class ManifestProblem extends Error {
  readonly code: 'CFP_PACKAGE_INVALID' | 'CFP_PACKAGE_ENTRY'

  constructor(code: ManifestProblem['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** Larger than any that people write. */
const MOST_BYTES = 4 * 1024 * 1024

/** @throws ManifestProblem; what the system throws where there is none */
export function readManifest(file: string): Manifest {
  if (statSync(file).size > MOST_BYTES)
    throw new ManifestProblem('CFP_PACKAGE_INVALID', `it has more than ${MOST_BYTES} bytes`)
  let manifest: unknown
  try {
    // Some editors begin a file with a mark of its encoding, which JSON.parse does not take.
    manifest = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new ManifestProblem('CFP_PACKAGE_INVALID', `it is no JSON: ${messageOf(error)}`, error)
  }
  if (!isObject(manifest)) throw new ManifestProblem('CFP_PACKAGE_INVALID', 'it is no object')
  return manifest
}

/** Whether a package says that it is a plugin. */
export function isMarked({ keywords, [FIELD]: field }: Manifest, keyword: string): boolean {
  return field !== undefined || (Array.isArray(keywords) && keywords.includes(keyword))
}

/** The entry that the field names, as it stands there; nothing where that is left to `exports` and `main`. @throws ManifestProblem */
export function namedEntry({ [FIELD]: field }: Manifest): string | undefined {
  const entry = isObject(field) ? field.entry : field
  if (entry === undefined || field === true) return undefined
  if (typeof entry === 'string' && entry !== '') return entry
  throw new ManifestProblem(
    'CFP_PACKAGE_INVALID',
    `its "${FIELD}" is ${JSON.stringify(field)}, and must be the path of the entry, or { "entry": path }`,
  )
}

/** The real path of an entry, which is a source file of the package. @throws ManifestProblem */
export function entryIn(folder: string, entry: string): string {
  const path = entry.replaceAll('\\', '/')
  const leaves = new ManifestProblem('CFP_PACKAGE_ENTRY', `the entry ${JSON.stringify(entry)} is not in the package`)
  if (isAbsolute(path) || /^[a-z]+:/i.test(path) || path.includes('\0')) throw leaves
  if (!isWithin(folder, resolve(folder, path))) throw leaves
  return realEntry(folder, join(folder, path), entry)
}

/** The same for a file that is found already. @throws ManifestProblem */
export function realEntry(folder: string, file: string, shown = file): string {
  let real: string
  try {
    real = realpathSync.native(file)
    if (!statSync(real).isFile()) throw new Error('it is no file')
  } catch (error) {
    const message = `there is no entry ${JSON.stringify(shown)} in the package: ${messageOf(error)}`
    throw new ManifestProblem('CFP_PACKAGE_ENTRY', message, error)
  }
  if (!isWithin(folder, real))
    throw new ManifestProblem(
      'CFP_PACKAGE_ENTRY',
      `the entry ${JSON.stringify(shown)} is not in the package: it is ${real}`,
    )
  if (SOURCE_EXTENSIONS.some((extension) => real.endsWith(extension))) return real
  throw new ManifestProblem(
    'CFP_PACKAGE_ENTRY',
    `the entry ${JSON.stringify(shown)} is none of ${SOURCE_EXTENSIONS.join(' ')}`,
  )
}

const FIELD = 'cf-plugin'

/** In the folder, and not in a package in it. */
function isWithin(folder: string, path: string): boolean {
  const inside = path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
  return inside && !/[\\/]node_modules[\\/]/.test(path.slice(folder.length))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
