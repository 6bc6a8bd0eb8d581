// A plugin that blocks its thread, and says how far it is meanwhile.
import type { PluginContext } from '@cf-plugins/plugin-api'

export const PLUGIN_META = { name: 'busy', version: '1.0.0', execution: 'worker', worker: { callMs: 2000 } }

/** A step of its work. */
function blockFor(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Blocks until the host has heard, and no longer than a second: whether it has. */
function isHeard(heard: Int32Array, count: number): boolean {
  const end = performance.now() + 1000
  while (Atomics.load(heard, 0) < count) if (performance.now() > end) return false
  return true
}

export function register(_app: unknown, context: PluginContext) {
  return {
    work: (heard: Int32Array, told: (step: number) => unknown) => {
      const steps: boolean[] = []
      for (let step = 1; step <= 5; step++) {
        blockFor(3)
        if (step % 2 === 0) context.publish('progress', step)
        else told(step)
        steps.push(isHeard(heard, step))
      }
      return steps
    },
    hang: () => {
      context.logger.info('about to hang')
      for (;;);
    },
  }
}
