// The plugins of the soak: who needs whom, how each is written, and which files it is made of.

/** How a plugin is written. */
export type Form = 'module' | 'class' | 'decorated' | 'definition'

/** One plugin. */
export interface Role {
  readonly name: string
  readonly form: Form
  readonly extension: 'ts' | 'js' | 'mjs'
  readonly dependencies: readonly string[]
  readonly strategy: 'exclusive' | 'overlap'
  /** Whether its state is carried over. */
  readonly keepsState: boolean
  /** Files that it imports, from the plugin folder. */
  readonly helpers: readonly string[]
  /** Holds a listening server: it must never be down. */
  readonly isServer: boolean
  /** Passes events on to the others. */
  readonly isRelay: boolean
  /** How often it is edited, where others are once. */
  readonly weight: number
}

/** The file of a role that discovery finds, from the plugin folder. */
export function entryOf({ name, extension, helpers }: Role): string {
  return helpers.some((helper) => helper.startsWith(`${name}/`)) ? `${name}/index.${extension}` : `${name}.${extension}`
}

/** Every file of a role, its entry first. */
export function filesOf(role: Role): string[] {
  return [entryOf(role), ...role.helpers]
}

/** The roles of these names and all that need one of them. */
export function affectedBy(names: readonly string[]): Set<string> {
  const affected = new Set(names)
  // In the cast a plugin stands behind what it needs.
  for (const { name, dependencies } of CAST) if (dependencies.some((each) => affected.has(each))) affected.add(name)
  return affected
}

/** The roles that read a file. */
export function usersOf(file: string): Role[] {
  return CAST.filter((role) => filesOf(role).includes(file))
}

const HELPER = '_shared/helper.ts'
const PARTS = Array.from({ length: 19 }, (_, index) => `big/part-${String(index + 1).padStart(2, '0')}.ts`)

function role(name: string, form: Form, extension: Role['extension'], more: Partial<Role> = {}): Role {
  return {
    name,
    form,
    extension,
    dependencies: [],
    strategy: 'exclusive',
    keepsState: true,
    helpers: [],
    isServer: false,
    isRelay: false,
    weight: 1,
    ...more,
  }
}

/** All of them, dependencies first. */
export const CAST: readonly Role[] = [
  // A diamond.
  role('base', 'class', 'ts'),
  role('left', 'module', 'mjs', { dependencies: ['base'] }),
  role('right', 'definition', 'ts', { dependencies: ['base'] }),
  role('top', 'decorated', 'ts', { dependencies: ['left', 'right'] }),
  // A chain, of which all start before the old ones stop.
  role('chain-1', 'definition', 'js', { strategy: 'overlap' }),
  role('chain-2', 'class', 'ts', { strategy: 'overlap', dependencies: ['chain-1'] }),
  role('chain-3', 'module', 'js', { strategy: 'overlap', dependencies: ['chain-2'] }),
  role('chain-4', 'decorated', 'ts', { strategy: 'overlap', dependencies: ['chain-3'] }),
  // One of twenty files, and three that share one.
  role('big', 'class', 'ts', { helpers: PARTS, weight: 2 }),
  role('twin-a', 'module', 'ts', { helpers: [HELPER] }),
  role('twin-b', 'definition', 'mjs', { helpers: [HELPER] }),
  role('twin-c', 'class', 'ts', { helpers: [HELPER], strategy: 'overlap' }),
  // On their own.
  role('solo', 'module', 'js'),
  role('plain', 'definition', 'ts'),
  role('wing', 'decorated', 'ts', { strategy: 'overlap' }),
  role('scratch', 'definition', 'mjs', { strategy: 'overlap', keepsState: false }),
  role('relay', 'definition', 'js', { isRelay: true }),
  role('web', 'class', 'ts', { strategy: 'overlap', isServer: true, weight: 3 }),
]
