// What runs in each thread.
import { workerData } from 'node:worker_threads'
import { isThenable, messageOf } from '@cf-plugins/plugin-api'
import { watchHeap } from './heap-watch.ts'
import { Link, type Serve, type WireType } from './link.ts'
import type { ThreadCode } from './options.ts'
import { SyncCaller } from './sync-caller.ts'
import { type ThreadData, ThreadNotice } from './thread-data.ts'
import { tellLiveliness } from './thread-liveliness.ts'
import { servePlugin } from './thread-plugin.ts'
import { serveTasks } from './thread-tasks.ts'

const { role, code, heapMb, port, sync: channel, progress, ...facts } = workerData as ThreadData
const types: WireType[] = []
/** In which a plugin opens what keeps a process alive, or closes it. */
const HOOKS = new Set(['register', 'setup', 'hook'])
let serving: Serve | undefined

const link: Link = new Link(
  port,
  (op, args, call) => {
    if (op === ThreadNotice.end) return process.exit()
    // What is asked before the thread is ready waits until it is.
    const result = serving ? serving(op, args, call) : starting.then((serve) => serve(op, args, call))
    // What is done at once is seen a little later, unless it is a hook.
    return isThenable(result) || HOOKS.has(op) ? Promise.resolve(result).finally(look) : result
  },
  {
    plugin: facts.plugin,
    types,
    mayBlock: true,
    progress,
    invokeSync: (target, args) => sync.call(target, args),
    lost: (error) => link.notify('log', [[{ level: 'error', args: [{ err: error }, messageOf(error)] }]]),
  },
)
const look = tellLiveliness((isLively) => link.notify(ThreadNotice.lively, [isLively]))
// The last words of a plugin that leaves its thread.
process.once('exit', () => link.flush())
const sync = new SyncCaller(link, channel, { plugin: facts.plugin, boundMs: facts.callMs })

watchHeap(heapMb, () => {
  link.notify(ThreadNotice.full, [])
  link.flush()
})
const starting = serve()
starting.then(
  (serve) => {
    serving = serve
    link.notify(ThreadNotice.ready, [])
  },
  (error) => link.notify(ThreadNotice.failed, [error]),
)

async function serve(): Promise<Serve> {
  if (role === 'offload') return serveTasks(await load(code))
  return servePlugin({ ...facts, link, sync, types, code: await load(code) })
}

async function load({ module, image }: ThreadCode): Promise<object> {
  const exports = (await import(module)) as { load?: (image: unknown) => Promise<object> }
  return image === undefined ? exports : (exports.load as (image: unknown) => Promise<object>)(image)
}
