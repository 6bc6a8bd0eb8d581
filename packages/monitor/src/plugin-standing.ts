// How one plugin is: by where it stands, and by what it says of itself.
import { type Awaitable, messageOf, PluginError, type PluginHealth } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'

/** Where a plugin stands. A `PluginStatus` of the lifecycle is one. */
export interface PluginStanding {
  readonly plugin: string
  readonly state: string
  /** Retired generations of it whose code would not end. */
  readonly zombies?: number
  /** Whether its file is gone. */
  readonly orphaned?: boolean
  /** Why it is not active. */
  readonly error?: unknown
  /** How it kept the event loop for too long, where it has. */
  readonly blocked?: PluginBlocks | undefined
  /** How often threads of it have ended unasked within the last minute. */
  readonly threadEnds?: number | undefined
  /** Whether as many calls of its handlers wait for a thread as may. */
  readonly isQueueFull?: boolean | undefined
}

/** How often code of a plugin kept the event loop for too long, and how long at once, in milliseconds. */
export interface PluginBlocks {
  readonly count: number
  readonly longestMs: number
}

/** What is found of a plugin. */
export interface PluginFinding {
  readonly plugin: string
  readonly state: string
  readonly status: PluginHealth['status']
  readonly message?: string
  readonly blocked?: PluginBlocks
  /** Whether anybody waits for it to serve. */
  readonly isOn: boolean
  readonly isServing: boolean
  /** Whether it cannot be brought back within this process. */
  readonly isLost: boolean
}

/** While it is replaced, what is asked of a plugin waits and is answered: it serves. */
const SERVING: ReadonlySet<string> = new Set(['active', 'gating', 'saving', 'swapping', 'committing'])
const OFF: ReadonlySet<string> = new Set(['disabled', 'stopped'])
/** So many ends of threads within a minute are no accident. */
const ENDS_MANY = 2
/** Of so many old versions that still run, the lifecycle makes no more. */
const ZOMBIES_MAX = 2

/** Whether what is asked of a plugin in this state is answered, if not at once. */
export function isServing(state: string): boolean {
  return SERVING.has(state)
}

/** @param ask gets what an active plugin says of itself; is given no longer than `timeoutMs` */
export async function findingOf(
  { plugin, state, zombies = 0, orphaned = false, error, blocked, threadEnds = 0, isQueueFull }: PluginStanding,
  ask: (plugin: string) => Awaitable<PluginHealth | undefined>,
  timeoutMs: number,
): Promise<PluginFinding> {
  const isLost = zombies >= ZOMBIES_MAX
  const base = {
    ...{ plugin, state, isOn: !OFF.has(state), isServing: isServing(state), isLost },
    ...(blocked && { blocked: { count: blocked.count, longestMs: Math.round(blocked.longestMs) } }),
  }
  if (!base.isOn) return { ...base, status: 'healthy', ...(error !== undefined && { message: messageOf(error) }) }
  if (!base.isServing)
    return { ...base, status: 'unhealthy', message: error === undefined ? `It is ${state}.` : messageOf(error) }
  if (isLost)
    return { ...base, status: 'unhealthy', message: `${zombies} old versions of it still run. Restart the process.` }
  const answer = state === 'active' ? await answerOf(plugin, ask, timeoutMs) : undefined
  if (answer && answer.status !== 'healthy') return { ...base, ...answer }
  if (threadEnds >= ENDS_MANY)
    return { ...base, status: 'degraded', message: `${threadEnds} threads of it ended unasked within a minute.` }
  if (isQueueFull)
    return {
      ...base,
      status: 'degraded',
      message: 'Its queue for threads is full: further calls of its handlers are refused.',
    }
  if (zombies > 0) return { ...base, status: 'degraded', message: 'An old version of it still runs.' }
  if (orphaned)
    return { ...base, status: 'degraded', message: 'Its file is gone; it serves on because others need it.' }
  return { ...base, status: 'healthy', ...(answer?.message !== undefined && { message: answer.message }) }
}

async function answerOf(
  plugin: string,
  ask: (plugin: string) => Awaitable<PluginHealth | undefined>,
  timeoutMs: number,
): Promise<PluginHealth | undefined> {
  try {
    const late = () => new Error(`It did not say how it is within ${timeoutMs} ms.`)
    const answer = await within(ask(plugin), { ms: timeoutMs, late })
    if (answer === undefined) return undefined
    // Of plain JavaScript it may be anything.
    const { status, message } = (answer ?? {}) as Partial<PluginHealth>
    if (status !== 'healthy' && status !== 'degraded' && status !== 'unhealthy')
      return { status: 'unhealthy', message: 'Its health() did not return { status, message? }.' }
    return { status, ...(message !== undefined && { message: messageOf(message) }) }
  } catch (error) {
    // It went elsewhere while it was asked: a reload, say, during which it serves on.
    if (error instanceof PluginError && error.code === 'CFP_NOT_ACTIVE') return undefined
    return { status: 'unhealthy', message: messageOf(error) }
  }
}
