// Shows a plugin that is broken on purpose: nobody listens on its port. Give it one where somebody does, and save.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { definePlugin } from 'cf-plugins'

const PORT = 1

export default definePlugin({
  name: 'database',
  version: '2.1.0',
  description: 'A connection that reports need',
  timeouts: { setupMs: 2000 },
  async setup({ own, signal }): Promise<{ socket: Socket }> {
    const socket = connect(PORT, '127.0.0.1')
    own(() => socket.destroy())
    await once(socket, 'connect', { signal })
    return { socket }
  },
})
