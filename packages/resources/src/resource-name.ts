// Which names resources may have, and the file that each is kept in. One flat folder: a name has no way to lead anywhere.
import { resourceError } from './resource-error.ts'

/** The most characters of a name; with what a file's name needs besides, no file system has less room. */
const LONGEST = 200
const PART = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/
/** What Windows takes for a device, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i
/** Stands for the `/` of a name in its file's: no name has it. */
const SLASH = '+'
const SUFFIX = '.resource'

/**
 * Gives the name back where it is one: parts of letters, digits, `.`, `_` and `-`, with `/` between them.
 *
 * @throws `CFP_RESOURCE_NAME`
 */
export function checkedName(name: unknown): string {
  const problem = problemOf(name)
  if (problem === undefined) return name as string
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 2 * LONGEST)) : typeof name
  throw resourceError(
    'CFP_RESOURCE_NAME',
    `${shown} is no name of a resource: ${problem}. Nothing was read or written.`,
  )
}

/** What names in a list begin with: a name, or what one begins with. @throws `CFP_RESOURCE_NAME` */
export function checkedPrefix(prefix: unknown): string {
  // With something more, so that it may end where a name may not.
  if (prefix !== '') checkedName(typeof prefix === 'string' ? `${prefix}a` : prefix)
  return prefix as string
}

/** Two names that differ in upper and lower case alone have one file, on every file system. */
export function fileNameOf(name: string): string {
  return name.toLowerCase().replaceAll('/', SLASH) + SUFFIX
}

/** The name that a file is for, in lower case; nothing for what is no resource's. */
export function nameOfFile(file: string): string | undefined {
  if (!file.endsWith(SUFFIX)) return undefined
  const name = file.slice(0, -SUFFIX.length).replaceAll(SLASH, '/')
  return problemOf(name) === undefined && fileNameOf(name) === file ? name : undefined
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'it must be a string'
  if (name === '') return 'it is empty'
  if (name.length > LONGEST) return `it has ${name.length} characters, and ${LONGEST} are allowed`
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'it is an absolute path'
  for (const part of name.split('/')) {
    if (part === '') return 'it has two slashes with nothing between them, or ends in one'
    if (part === '.' || part === '..') return `"${part}" would lead elsewhere`
    if (!PART.test(part)) {
      return /^[\w.-]+$/.test(part)
        ? `"${part}" begins with a dot or a hyphen, or ends in a dot`
        : 'it may have letters from A to Z, digits, ".", "_" and "-", with "/" between its parts'
    }
    if (DEVICE.test(part)) return `"${part}" is a device on Windows`
  }
  return undefined
}
