// A plugin that blocks its thread, and says how far it is meanwhile.
import type { PluginContext } from '@cf-plugins/plugin-api'

export const PLUGIN_META = { name: 'busy', version: '1.0.0', execution: 'worker', worker: { callMs: 2000 } }

function blockFor(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

export function register(_app: unknown, context: PluginContext) {
  return {
    work: (steps: number, told: (step: number) => unknown) => {
      for (let step = 1; step <= steps; step++) {
        blockFor(30)
        context.publish('progress', step)
        told(step)
      }
    },
    hang: () => {
      context.logger.info('about to hang')
      for (;;);
    },
  }
}
