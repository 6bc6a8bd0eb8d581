// The commands that look at a host and change nothing: asked of one that runs, or else of its folders.
import type { BriefHostOptions } from './brief-host.ts'
import type { AuditOptions } from './commands/audit.ts'
import type { ConfigOptions } from './commands/config.ts'
import { type AddCommand, foldersIn, wholeNumber } from './program-parts.ts'

const CONFIG = ['--config <file>', "the file with the plugins' configuration"] as const

/** Adds `health`, `hooks`, `config` and `audit`. Each imports what does the work only when it is called. */
export function addInspection(command: AddCommand): void {
  command<BriefHostOptions>('health [folder...]', 'how well the host and each plugin are', async (call, output) => {
    const { health } = await import('./commands/health.ts')
    return health(foldersIn(call.args, call.options), call.options, output)
  }).option(...CONFIG)
  command<BriefHostOptions>('hooks [folder...]', 'who listens to what, in which order', async (call, output) => {
    const { hooks } = await import('./commands/hooks.ts')
    return hooks(foldersIn(call.args, call.options), call.options, output)
  }).option(...CONFIG)
  command<ConfigOptions>('config [folder...]', 'every option of every plugin', async (call, output) => {
    const { config } = await import('./commands/config.ts')
    return config(foldersIn(call.args, call.options), call.options, output)
  })
    .option(...CONFIG)
    .option('--markdown', 'print tables for a page')
  command<AuditOptions>(
    'audit [folder...]',
    'what was done to plugins, and what they were denied',
    async (call, output) => {
      const { audit } = await import('./commands/audit.ts')
      return audit(foldersIn(call.args, call.options), call.options, output)
    },
  )
    .option('--file <file>', 'the audit trail')
    .option('--state-folder <folder>', 'the folder that the host keeps state in')
    .option('--plugin <name>', 'of this plugin alone')
    .option('--action <action>', "of this kind alone, as in 'transition' or 'handler.*'")
    .option('--since <date>', 'from then on')
    .option('--limit <n>', 'the last so many; 100', wholeNumber)
}
