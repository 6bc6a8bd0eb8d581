// What compiles and what must not.
import type { EmitReport, Undo } from '@cf-plugins/plugin-api'
import { type HookError, type HooksErrorCode, HooksErrorCodes, PluginEvents, PluginHooks } from '../src/index.ts'

const events = new PluginEvents()
const hooks = new PluginHooks()

export const undo: Undo = events.on<{ id: number }>('x', ({ id }, { payload, signal }) => [
  id satisfies number,
  payload.id,
  signal,
])
export const report: Promise<EmitReport> = events.emit('x', { id: 1 }, { timeoutMs: 5 })
export const results: Promise<unknown[]> = hooks.call('x', 1, 'two')
export const code: HooksErrorCode = 'CFP_HOOK_FAILED'
export const plugins = (error: HookError): string[] => error.failures.map(({ plugin }) => plugin)

hooks.on<[number, string]>('x', (count, name) => [count.toFixed(), name.trim()])
hooks.on('x', () => undefined, { priority: 'high', timeoutMs: 5, once: true })

// @ts-expect-error a priority has three names
events.on('x', () => undefined, { priority: 'urgent' })
// @ts-expect-error a payload that is declared is not anything
events.on<{ id: number }>('x', ({ name }) => name)
// @ts-expect-error arguments that are declared are not anything
hooks.on<[number]>('x', (count) => count.trim())
// @ts-expect-error publish has no result
export const published: EmitReport = events.publish('x')
// @ts-expect-error no such code
export const unknown: string = HooksErrorCodes.CFP_UNKNOWN
