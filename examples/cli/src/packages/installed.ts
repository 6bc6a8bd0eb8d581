// The folder that npm installs plugins in: a package of its own, which depends on them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { messageOf } from 'cf-plugins'
import { ToolError } from '../tool-error.ts'

/** Where copies of tarballs lie: an installed plugin outlives the file that it came from. */
export const TARBALLS = 'tarballs'

/** Packages, each with what npm notes of where it came from. @throws ToolError */
export function installedPackages(folder: string): Readonly<Record<string, string>> {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return {}
  try {
    const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> }
    return dependencies
  } catch (error) {
    throw new ToolError(`${file} cannot be read: ${messageOf(error)}. Mend it, or remove ${folder}.`, { cause: error })
  }
}

/** The package that a file was installed with. */
export function packageOf(file: string | null | undefined): string | undefined {
  const [, inside] = file?.split(`${sep}node_modules${sep}`) ?? []
  const [scope, name] = inside?.split(sep) ?? []
  return scope?.startsWith('@') ? `${scope}/${name}` : scope
}

/** Makes the folder where it is not there. */
export function preparePackages(folder: string): void {
  mkdirSync(join(folder, TARBALLS), { recursive: true })
  const file = join(folder, 'package.json')
  const manifest = { name: 'tally-plugins', private: true, description: 'Plugins of tally, kept by `tally plugins`' }
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Removes copies of tarballs that nothing is installed from any more. */
export function sweepTarballs(folder: string): void {
  const used = Object.values(installedPackages(folder))
  for (const name of readdirSync(join(folder, TARBALLS)))
    if (!used.some((from) => from.endsWith(`/${name}`))) rmSync(join(folder, TARBALLS, name), { force: true })
}

/** The version that is there. */
export function installedVersion(folder: string, name: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'))
  return String((manifest as { version?: unknown }).version)
}
