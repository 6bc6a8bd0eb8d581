// A question to the host that runs on some plugin folders, if one does.
import { PluginError } from '@cf-plugins/plugin-api'
import { controlAddress } from './control-address.ts'
import { askHost } from './control-client.ts'
import { foldersOf } from './folders.ts'

/** The answer of the host that runs on the folders; nothing where none does. */
export async function askRunning(
  paths: readonly string[],
  method: string,
  params?: Record<string, unknown>,
): Promise<unknown> {
  try {
    return await askHost(controlAddress(foldersOf(paths)), method, params)
  } catch (error) {
    if (error instanceof PluginError && error.code === 'CFP_CLI_NO_HOST') return undefined
    throw error
  }
}
