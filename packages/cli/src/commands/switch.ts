// `cf enable` and `cf disable`: switches a plugin of the running host on or off.
import { controlAddress } from '../control-address.ts'
import { askHost } from '../control-client.ts'
import { ExitCode } from '../exit-code.ts'
import { foldersOf } from '../folders.ts'
import type { Output } from '../output.ts'
import { markOf } from '../render-tree.ts'

/** Asks the host of the folders, and tells where the plugin stands then. */
export async function switchPlugin(
  to: 'enable' | 'disable',
  plugin: string,
  folders: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const answer = (await askHost(controlAddress(foldersOf(folders)), to, { plugin })) as { readonly state: string }
  const { theme } = output
  output.result(
    () => answer,
    () => `${markOf(answer.state, theme)} ${theme.strong(plugin)} is ${answer.state}\n`,
  )
  return ExitCode.ok
}
