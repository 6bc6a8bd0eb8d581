// What is dispatched to: handlers written apart, as those of ten plugins are. Of one literal, an engine would inline them all into a loop
// by hand, which no host has.

export interface Payload {
  count: number
}

export type Handler = (payload: Payload) => unknown

/** Names in rotation, so that no call site is the only one. */
export const NAMES: readonly string[] = Array.from({ length: 50 }, (_, index) => `event.number-${index}`)

/** How the handlers of one name are made up. */
export type Mixture = 'sync' | 'mixed' | 'async'

/** So many handlers; of those that are `mixed` one in ten is async, and of less than ten the first. */
export function handlersOf(count: number, mixture: Mixture): Handler[] {
  const handlers: Handler[] = []
  while (handlers.length < count) {
    const sync = syncOnes()
    const mixed = () => sync.with(count < 10 ? 0 : 4, asyncOnes()[4] as Handler)
    handlers.push(...{ sync: () => sync, mixed, async: asyncOnes }[mixture]())
  }
  return handlers.slice(0, count)
}

/** The handlers of each name. */
export function listsOf(count: number, mixture: Mixture, names: readonly string[] = NAMES): Handler[][] {
  return names.map(() => handlersOf(count, mixture))
}

const syncOnes = (): Handler[] => [
  (payload) => {
    payload.count++
  },
  (payload) => {
    payload.count += 1
  },
  (payload) => {
    payload.count -= 1
  },
  (payload) => {
    payload.count--
  },
  (payload) => {
    payload.count ^= 1
  },
  (payload) => {
    payload.count |= 1
  },
  (payload) => {
    payload.count &= 65_535
  },
  (payload) => {
    payload.count = payload.count + 2
  },
  (payload) => {
    payload.count = payload.count - 2
  },
  (payload) => {
    payload.count += 3
  },
]

const asyncOnes = (): Handler[] => [
  async (payload) => {
    payload.count++
  },
  async (payload) => {
    payload.count += 1
  },
  async (payload) => {
    payload.count -= 1
  },
  async (payload) => {
    payload.count--
  },
  async (payload) => {
    payload.count ^= 1
  },
  async (payload) => {
    payload.count |= 1
  },
  async (payload) => {
    payload.count &= 65_535
  },
  async (payload) => {
    payload.count = payload.count + 2
  },
  async (payload) => {
    payload.count = payload.count - 2
  },
  async (payload) => {
    payload.count += 3
  },
]
