// The threads of a manager: they run what its loader has loaded.

import type { PluginLoader } from '@cf-plugins/loader'
import type { Logger } from '@cf-plugins/plugin-api'
import { PluginThreads, type ThreadOptions } from '@cf-plugins/worker'

/** What threads import, which gives them a plugin's exports from the image of its code. */
const CODE = new URL(import.meta.url.endsWith('.ts') ? './thread-code.ts' : './thread-code.js', import.meta.url).href

/** Makes the threads of a host, none of which starts before a plugin needs it. @throws `CFP_WORKER_OPTIONS` */
export function hostThreads(
  options: true | ThreadOptions,
  loader: () => PluginLoader,
  logger: Logger | undefined,
): PluginThreads {
  return new PluginThreads({
    ...(options === true ? {} : options),
    code: {
      codeOf: (record) => ({ module: CODE, image: loader().imageOf(record) }),
      exportNameOf: (record, exported) => loader().exportNameOf(record, exported),
    },
    ...(logger && { logger }),
  })
}
