// The floor: one message there and one back, with no ids, errors or bounds. Whoever asks twice at once does not know which answer is whose.
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { transfer } from '@cf-plugins/plugin-api'

/** Asks by hand, and gives the answer. */
export interface RawPort {
  ask(payload: unknown): Promise<unknown>
  close(): void
}

/**
 * A port of the very thread whose calls are measured: which processors two threads wake up on is settled for the life of a process, and worth more
 * than all that a call costs. Two threads of their own would be compared by that.
 *
 * @param serve has the thread answer on the port that it is given
 */
export async function rawPort(serve: (port: MessagePort) => Promise<unknown>): Promise<RawPort> {
  const { port1, port2 } = new MessageChannel()
  await serve(transfer(port2, [port2]))
  let answered: (value: unknown) => void
  port1.on('message', (value) => answered(value))
  const ask = (payload: unknown) =>
    new Promise((resolve) => {
      answered = resolve
      port1.postMessage(payload)
    })
  return { ask, close: () => port1.close() }
}
