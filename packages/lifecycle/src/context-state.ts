// What a plugin keeps, as its context shows it.
import type { PluginState } from '@cf-plugins/plugin-api'
import { type ContextSource, contextError, usable } from './context-source.ts'

/** `context.state`: what the host's keeper of state has for this generation. @throws `CFP_STATE_UNAVAILABLE` */
export function contextState(source: ContextSource): PluginState {
  const { state } = usable(source, 'state')
  if (state) return state
  throw contextError(
    source,
    'CFP_STATE_UNAVAILABLE',
    'used context.state, but its host keeps no state. Give the lifecycle a keeper: new StatePreserver().',
  )
}
