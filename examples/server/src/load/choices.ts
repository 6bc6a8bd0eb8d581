// What the next edit is, as the seed has it, and as what is broken or disabled just now allows.
import { FAULTS, type Fault } from './plugin-file.ts'
import type { Random } from './random.ts'
import type { PluginName } from './scratch.ts'

/** An edit that was decided on. */
export type Edit =
  | { readonly kind: 'logic'; readonly plugins: readonly PluginName[] }
  /** A file of a plugin that is not its entry. */
  | { readonly kind: 'part' }
  /** Two saves, of which the first may be bad. */
  | { readonly kind: 'twice'; readonly plugin: PluginName; readonly fault: Fault | undefined }
  | { readonly kind: 'helper' }
  | { readonly kind: 'break'; readonly plugin: PluginName; readonly fault: Fault }
  | { readonly kind: 'mend'; readonly plugin: PluginName }
  | { readonly kind: 'disable'; readonly plugin: PluginName }
  | { readonly kind: 'enable'; readonly plugin: PluginName }
  | { readonly kind: 'configure'; readonly isGood: boolean }

/** How it stands. */
export interface Situation {
  readonly broken: readonly PluginName[]
  readonly disabled: PluginName | undefined
}

/** How often each is edited: those on top more than those that take others with them. */
const EDITED: readonly (readonly [PluginName, number])[] = [
  ['resources', 5],
  ['admin', 4],
  ['auth', 4],
  ['cache', 3],
  ['database', 3],
  ['http', 3],
]
/** Nobody needs it, and so its routes alone are away with it. */
const DISABLED: PluginName = 'resources'
/** More files that are broken at a time are too many to tell apart. */
const MOST_BROKEN = 2

export function chosen({ broken, disabled }: Situation, random: Random): Edit {
  const [first] = broken
  if (first !== undefined && (broken.length >= MOST_BROKEN || random.chance(0.5)))
    return { kind: 'mend', plugin: random.pick(broken) }
  if (disabled && random.chance(0.4)) return { kind: 'enable', plugin: disabled }
  const plugin = () => random.weighted(EDITED.filter(([name]) => !broken.includes(name)))
  // What is broken while it is disabled is found out when it is enabled: that would be no edit of its own.
  const whole = () => random.weighted(EDITED.filter(([name]) => !broken.includes(name) && name !== disabled))
  const kinds: (readonly [() => Edit, number])[] = [
    [() => ({ kind: 'logic', plugins: [plugin()] }), 34],
    [() => ({ kind: 'break', plugin: whole(), fault: random.pick(FAULTS) }), 25],
    [() => ({ kind: 'twice', plugin: whole(), fault: undefined }), 5],
    [() => ({ kind: 'twice', plugin: whole(), fault: random.pick(FAULTS) }), 5],
    [() => ({ kind: 'configure', isGood: random.chance(0.7) }), 7],
  ]
  // A file that is broken would take those that share the helper, or the save, with it.
  if (broken.length === 0) {
    kinds.push([() => ({ kind: 'helper' }), 10])
    kinds.push([() => ({ kind: 'part' }), 8])
    kinds.push([() => ({ kind: 'logic', plugins: distinct(plugin(), plugin()) }), 6])
  }
  if (!disabled && !broken.includes(DISABLED)) kinds.push([() => ({ kind: 'disable', plugin: DISABLED }), 8])
  return random.weighted(kinds)()
}

/** The name of a row of the table. */
export function rowOf(edit: Edit, disabled: PluginName | undefined): string {
  switch (edit.kind) {
    case 'logic':
      if (edit.plugins.length > 1) return 'two plugins in one go'
      return edit.plugins[0] === disabled ? 'new logic while disabled' : `new logic: ${edit.plugins[0]}`
    case 'part':
      return 'two files of a plugin'
    case 'twice':
      return edit.fault ? 'broken, and mended at once' : 'saved twice in a row'
    case 'helper':
      return 'shared helper, of all plugins'
    case 'break':
      return `broken: ${edit.fault}`
    case 'mend':
      return 'mended'
    case 'disable':
      return 'disabled'
    case 'enable':
      return 'enabled'
    case 'configure':
      return edit.isGood ? 'plugins.yaml' : 'plugins.yaml, refused'
  }
}

function distinct(...names: readonly PluginName[]): PluginName[] {
  return [...new Set(names)]
}
