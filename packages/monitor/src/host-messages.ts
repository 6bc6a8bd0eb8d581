// Listening to what one host publishes, channel by channel, without hurting whoever publishes.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { AuditMessage } from '@cf-plugins/plugin-api/host'
import type {
  ObservedBlock,
  ObservedHandler,
  ObservedHook,
  ObservedMessage,
  ObservedReload,
  ObservedState,
  ObservedThread,
} from './messages.ts'

/** The hooks whose calls are traced. */
export type TracedHook = 'register' | 'setup' | 'teardown'

/** At which moment of a call. `end`: what it did at once is done, whether or not it goes on. `asyncEnd`: it has ended. */
export type TraceMoment = 'start' | 'end' | 'asyncEnd'

/** What is listened to. Only the channels of those that are there are subscribed: the others' publishers do nothing then. */
export interface HostListeners {
  readonly state?: (message: ObservedState) => void
  readonly hook?: (hook: TracedHook, moment: TraceMoment, message: ObservedHook) => void
  readonly reload?: (message: ObservedReload) => void
  readonly handler?: (message: ObservedHandler) => void
  readonly audit?: (message: AuditMessage) => void
  readonly block?: (message: ObservedBlock) => void
  readonly thread?: (message: ObservedThread) => void
}

const HOOKS: readonly TracedHook[] = ['register', 'setup', 'teardown']
const MOMENTS: readonly TraceMoment[] = ['start', 'end', 'asyncEnd']

/**
 * Listens to one host, or to every one in the process.
 *
 * @param host the host's id; every host where there is none
 * @param onBroken gets what a listener throws: thrown on, it would be nobody's and end the process
 */
export function listenToHost(
  host: string | undefined,
  { state, hook, reload, handler, audit, block, thread }: HostListeners,
  onBroken: (error: unknown) => void,
): () => void {
  const undo: (() => void)[] = []
  const listen = <Message extends ObservedMessage>(
    channel: string,
    listener: ((message: Message) => void) | undefined,
  ) => {
    if (!listener) return
    const onMessage = (message: unknown) => {
      try {
        if (host === undefined || (message as Message).host === host) listener(message as Message)
      } catch (error) {
        onBroken(error)
      }
    }
    subscribe(channel, onMessage)
    undo.push(() => unsubscribe(channel, onMessage))
  }
  listen('cf-plugins:state', state)
  listen('cf-plugins:reload', reload)
  listen('cf-plugins:handler', handler)
  listen('cf-plugins:audit', audit)
  listen('cf-plugins:blocked', block)
  listen('cf-plugins:worker', thread)
  if (hook) {
    for (const name of HOOKS) {
      for (const moment of MOMENTS) {
        listen<ObservedHook>(`tracing:cf-plugins:${name}:${moment}`, (message) => hook(name, moment, message))
      }
    }
  }
  return () => {
    for (const each of undo.splice(0)) each()
  }
}
