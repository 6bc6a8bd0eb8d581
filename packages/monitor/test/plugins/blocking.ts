// A plugin that keeps whatever it runs on: its thread, or the host's event loop.
import { definePlugin } from '@cf-plugins/plugin-api'

/** Gives nothing back until so many milliseconds are over. */
export function block(ms: number): number {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}

export const inThread = definePlugin({
  name: 'in-thread',
  version: '1.0.0',
  execution: 'worker',
  setup: ({ on }) => {
    on<number>('thread.block', (ms) => block(ms), { timeoutMs: 1000 })
    return { alive: () => true }
  },
})

export default definePlugin({
  name: 'blocking',
  version: '1.0.0',
  setup({ on }) {
    on<number>('here', (ms) => block(ms))
    on('there', block as never, { offload: true })
  },
})
