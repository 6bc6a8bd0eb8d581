// What goes wrong in the soak: in new code, by what is written into it; in code that serves, by a trap that it asks for.
import { CAST, type Role } from './cast.ts'

/** How a reload may end. */
export type Outcome = 'committed' | 'kept' | 'rolled-back' | 'failed'

/** What new code does wrong. */
export type CodeFault =
  | 'syntax'
  | 'import-throws'
  | 'import-hangs'
  | 'import-missing'
  | 'no-plugin'
  | 'meta-bad'
  | 'renamed'
  | 'dependency-missing'
  | 'dependency-range'
  | 'dependency-cycle'
  | 'register-throws'
  | 'setup-throws'
  | 'setup-rejects'
  | 'setup-hangs'
  | 'restore-throws'
  | 'restore-hangs'
  | 'migrate-throws'
  | 'migrate-missing'
  | 'reload-throws'
  | 'reload-hangs'
  | 'unhealthy'
  | 'health-hangs'

/** Where code that is good asks whether it shall go wrong this once. */
export interface Trap {
  readonly plugin: string
  readonly at: 'setup' | 'save' | 'teardown'
  readonly does: 'throw' | 'hang' | 'uncloneable'
  /** Only an instance that exists for this reason. */
  readonly reason?: 'reload' | 'rollback'
}

/** One way in which an edit goes wrong. */
export interface Fault {
  readonly name: string
  /** What is written; nothing for code that is good. */
  readonly code?: CodeFault
  /** What is set for the time of the edit. */
  readonly trap?: (role: Role) => Omit<Trap, 'plugin'> & { readonly plugin?: string }
  readonly outcome: Outcome
  /** Whether something waits until its bound is over. */
  readonly hangs: boolean
  readonly fits: (role: Role) => boolean
  readonly weight: number
}

const always = () => true
const keepsState = (role: Role) => role.keepsState

/** The plugins that need this one. */
export function dependentsOf({ name }: Role): Role[] {
  return CAST.filter(({ dependencies }) => dependencies.includes(name))
}

const inCode = (code: CodeFault, outcome: Outcome, fits: Fault['fits'] = always, weight = 1): Fault => ({
  name: code,
  code,
  outcome,
  hangs: code.endsWith('hangs'),
  fits,
  weight,
})

const trapped = (name: string, trap: Fault['trap'], outcome: Outcome, fits: Fault['fits'] = always): Fault => ({
  name,
  ...(trap && { trap }),
  outcome,
  hangs: name.endsWith('hangs'),
  fits,
  weight: name.endsWith('hangs') ? 2 : 1.5,
})

/** All of them. */
export const FAULTS: readonly Fault[] = [
  inCode('syntax', 'kept', always, 2),
  inCode('import-throws', 'kept'),
  // The bound of a load is the host's, and longer than those of the plugins' hooks.
  inCode('import-hangs', 'kept', always, 0.25),
  inCode('import-missing', 'kept'),
  inCode('no-plugin', 'kept'),
  inCode('meta-bad', 'kept'),
  inCode('renamed', 'kept'),
  inCode('dependency-missing', 'kept'),
  inCode('dependency-range', 'kept', (role) => role.dependencies.length > 0, 3),
  inCode('dependency-cycle', 'kept', (role) => dependentsOf(role).length > 0, 3),
  inCode('register-throws', 'rolled-back', (role) => role.form !== 'definition'),
  inCode('setup-throws', 'rolled-back', always, 2),
  inCode('setup-rejects', 'rolled-back'),
  inCode('setup-hangs', 'rolled-back', always, 2),
  inCode('restore-throws', 'rolled-back', keepsState),
  inCode('restore-hangs', 'rolled-back', keepsState),
  inCode('migrate-throws', 'rolled-back', keepsState),
  inCode('migrate-missing', 'rolled-back', keepsState),
  inCode('reload-throws', 'rolled-back'),
  inCode('reload-hangs', 'rolled-back', always, 1.5),
  inCode('unhealthy', 'rolled-back'),
  inCode('health-hangs', 'rolled-back'),
  trapped('save-throws', () => ({ at: 'save', does: 'throw' }), 'rolled-back', keepsState),
  trapped('save-hangs', () => ({ at: 'save', does: 'hang' }), 'rolled-back', keepsState),
  trapped('save-uncloneable', () => ({ at: 'save', does: 'uncloneable' }), 'rolled-back', keepsState),
  trapped('teardown-throws', () => ({ at: 'teardown', does: 'throw' }), 'committed'),
  trapped('teardown-hangs', () => ({ at: 'teardown', does: 'hang' }), 'committed'),
  trapped(
    'dependent-throws',
    (role) => ({ plugin: dependentsOf(role)[0]?.name ?? '', at: 'setup', does: 'throw', reason: 'reload' }),
    'rolled-back',
    (role) => dependentsOf(role).length > 0,
  ),
  {
    name: 'rollback-throws',
    code: 'setup-throws',
    trap: () => ({ at: 'setup', does: 'throw', reason: 'rollback' }),
    outcome: 'failed',
    hangs: false,
    // What starts before the old code stops has nothing to roll back.
    fits: ({ isServer, strategy }) => !isServer && strategy === 'exclusive',
    weight: 2,
  },
]
