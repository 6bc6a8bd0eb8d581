// Writes the files of the plugins.
import { bodyOf } from './body.ts'
import { filesOf, type Role } from './cast.ts'
import type { Content } from './content.ts'
import { type CodeFault, dependentsOf } from './faults.ts'
import { formOf } from './forms.ts'

/** The bound of hooks that are made to hang, in milliseconds. */
const HANG_MS = 100
/** That of the others: far away, for a busy machine is no fault. */
const BOUND_MS = 5_000

/** How many shapes of state there are. */
export const STATE_VERSIONS = 3

/** A helper file: it exports the number of its edit. */
export function helperSource(edit: number, fault?: CodeFault): string {
  if (fault === 'syntax') return `export const edit = ${edit} +\n`
  return `export const edit: number = ${edit}\n${fault === undefined ? '' : "throw new Error('soak: import')\n"}`
}

/** The entry file of a plugin. */
export function entrySource(role: Role, content: Content): string {
  const { fault } = content
  if (fault === 'no-plugin') return `export const edit = ${content.edit}\n`
  return [
    `import { BasePlugin, definePlugin, hook, plugin } from 'cf-plugins'`,
    ...helperImports(role),
    ...(fault === 'import-missing' ? [`import './is-not-there.ts'`] : []),
    ...(fault === 'import-throws' ? [`throw new Error('soak: import')`] : []),
    ...(fault === 'import-hangs' ? ['await new Promise(() => {})'] : []),
    constants(role, content),
    bodyOf(role, content),
    formOf(role, content),
    ...(fault === 'syntax' ? ['export const = 5'] : []),
    '',
  ].join('\n')
}

function helperImports({ name, helpers }: Role): string[] {
  const isFolder = helpers.some((helper) => helper.startsWith(`${name}/`))
  return helpers.map((helper, index) => {
    const specifier = isFolder ? helper.replace(`${name}/`, './') : `./${helper}`
    return `import { edit as edit${index + 1} } from '${specifier}'`
  })
}

function constants(role: Role, { edit, stateVersion, fault }: Content): string {
  const { name, helpers, strategy, keepsState } = role
  const numbers = [String(edit), ...helpers.map((_, index) => `edit${index + 1}`)]
  const files = filesOf(role).map((file, index) => `${JSON.stringify(file)}: ${numbers[index]}`)
  const [dependent] = dependentsOf(role)
  const dependencies = [...role.dependencies]
  if (fault === 'dependency-missing') dependencies.push('nobody')
  if (fault === 'dependency-cycle' && dependent) dependencies.push(dependent.name)
  const range = fault === 'dependency-range' ? '^9.0.0' : '^1.0.0'
  const meta = {
    name: fault === 'renamed' ? `${name}-renamed` : name,
    version: fault === 'meta-bad' ? 'not a version' : `1.0.${edit}`,
    dependencies: Object.fromEntries(dependencies.map((each) => [each, range])),
    reload: { strategy, state: keepsState ? 'keep' : 'discard' },
    timeouts: timeoutsOf(fault),
  }
  return [
    `const NAME = ${JSON.stringify(name)}`,
    `const FILES = { ${files.join(', ')} }`,
    `const STATE_VERSION = ${stateVersion}`,
    `const META = ${JSON.stringify(meta)}`,
  ].join('\n')
}

/** Code that serves may be made to hang where it saves or is torn down; one that is met by chance there harms nobody. */
function timeoutsOf(fault: CodeFault | undefined) {
  const boundOf = (...faults: readonly CodeFault[]) => (fault && faults.includes(fault) ? HANG_MS : BOUND_MS)
  return {
    registerMs: BOUND_MS,
    setupMs: boundOf('setup-hangs'),
    restoreMs: boundOf('restore-hangs'),
    reloadMs: boundOf('reload-hangs', 'health-hangs'),
    saveMs: HANG_MS,
    teardownMs: HANG_MS,
  }
}
