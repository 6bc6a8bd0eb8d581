// Each peer with the same handlers, as its own documentation has it.
import type { EventEmitter } from 'node:events'
import type Emittery from 'emittery'
import type { EventEmitter as EventEmitter3 } from 'eventemitter3'
import type { Hookable, HookableCore } from 'hookable'
import type { AsyncSeriesHook, SyncHook } from 'tapable'
import { type Handler, NAMES, type Payload } from './handlers.ts'

/** A hook of tapable's own for each name: nobody looks it up. */
export async function tapable(lists: readonly Handler[][]): Promise<SyncHook<[Payload]>[]> {
  const { SyncHook } = await import('tapable')
  return lists.map((list) => {
    const hook = new SyncHook<[Payload]>(['payload'])
    for (const [index, handler] of list.entries()) hook.tap(`plugin-${index}`, handler as () => void)
    return hook
  })
}

/** Told of each handler whether it is async, which its author must know, and we never ask. */
export async function tapableAsync(lists: readonly Handler[][]): Promise<AsyncSeriesHook<[Payload]>[]> {
  const { AsyncSeriesHook } = await import('tapable')
  return lists.map((list) => {
    const hook = new AsyncSeriesHook<[Payload]>(['payload'])
    for (const [index, handler] of list.entries()) {
      const isAsync = handler.constructor.name === 'AsyncFunction'
      if (isAsync) hook.tapPromise(`plugin-${index}`, handler as () => Promise<void>)
      else hook.tap(`plugin-${index}`, handler as () => void)
    }
    return hook
  })
}

export async function nodeEmitter(lists: readonly Handler[][], names = NAMES): Promise<EventEmitter> {
  const { EventEmitter } = await import('node:events')
  return listening(new EventEmitter().setMaxListeners(0), lists, names)
}

export async function eventEmitter3(lists: readonly Handler[][], names = NAMES): Promise<EventEmitter3> {
  const { EventEmitter } = await import('eventemitter3')
  return listening(new EventEmitter(), lists, names)
}

export async function emittery(lists: readonly Handler[][], names = NAMES): Promise<Emittery> {
  const { default: Emittery } = await import('emittery')
  return listening(new Emittery(), lists, names)
}

export async function hookable(lists: readonly Handler[][], names = NAMES): Promise<Hookable> {
  const { createHooks } = await import('hookable')
  return hooked(createHooks(), lists, names)
}

/** hookable's smaller class. */
export async function hookableCore(lists: readonly Handler[][], names = NAMES): Promise<HookableCore> {
  const { HookableCore } = await import('hookable')
  return hooked(new HookableCore(), lists, names)
}

function listening<Target extends { on(name: string, handler: () => void): unknown }>(
  target: Target,
  lists: readonly Handler[][],
  names: readonly string[],
): Target {
  for (const [index, list] of lists.entries()) {
    for (const handler of list) target.on(names[index] as string, handler as () => void)
  }
  return target
}

function hooked<Target extends { hook(name: string, handler: () => void): unknown }>(
  target: Target,
  lists: readonly Handler[][],
  names: readonly string[],
): Target {
  for (const [index, list] of lists.entries()) {
    for (const handler of list) target.hook(names[index] as string, handler as () => void)
  }
  return target
}
