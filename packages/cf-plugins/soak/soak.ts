// One soak: plugins in a folder, edited for as long as it takes, under events that never stop.
import { PluginError, PluginEvents, PluginLoader, PluginManager } from 'cf-plugins'
import { CAST } from './cast.ts'
import { Editor } from './editor.ts'
import { Folder } from './folder.ts'
import { Generations } from './generations.ts'
import { Heap } from './heap.ts'
import { Inspector } from './inspector.ts'
import { Judge } from './judge.ts'
import { Model } from './model.ts'
import type { SoakOptions } from './options.ts'
import { Random } from './random.ts'
import { Reports } from './reports.ts'
import { type Census, leaksSince, takeCensus } from './resources.ts'
import { SoakShared } from './shared.ts'
import { Tally } from './tally.ts'
import { Traffic } from './traffic.ts'
import { WebLoad } from './web-load.ts'

/** How often it rests, to look at memory and handles. */
const CHECKPOINTS = 20
/** How long a load may take: some are made to hang. */
const LOAD_MS = 500
/** More violations than these and there is nothing more to learn. */
const WRONG_MAX = 100

/** What a soak found out. */
export interface SoakResult {
  readonly tally: Tally
  readonly judge: Judge
  readonly traffic: Traffic
  readonly heap: Heap
  readonly mostAlive: number
  readonly leaks: readonly string[]
  readonly requests: { readonly answered: number; readonly failed: number }
  readonly durationMs: number
}

/** @param print gets progress, a line at a time */
export async function soak({ reloads, seed }: SoakOptions, print: (line: string) => void): Promise<SoakResult> {
  const from = performance.now()
  const judge = new Judge(print)
  const random = new Random(seed)
  const model = new Model(random)
  const tally = new Tally()
  const heap = new Heap()
  const reports = new Reports()
  const generations = new Generations(judge)
  const shared = new SoakShared(judge, generations, new Set(CAST.filter((role) => !role.keepsState).map(nameOf)))
  const folder = await Folder.make()
  for (const save of model.beginning()) {
    model.save(save)
    await folder.save(save.file, save.text, 'atomic', random)
    model.commit(save.file)
  }
  const emitters = Object.fromEntries(CAST.map(({ name }) => [`listener of ${name}`, shared.feedOf(name)]))
  const census = () => takeCensus({ ...emitters, 'listener of the process': process })
  const before = census()
  const manager = new PluginManager({
    paths: [folder.path],
    hotReload: true,
    // Most of what fails here is meant to; the judge tells what is not.
    logger: false,
    shared,
    events: new PluginEvents({ onFailure: (failure) => checkFailure(judge, failure) }),
    load: { loadTimeoutMs: LOAD_MS },
    afterReload: (report) => reports.take(report),
  })
  shared.listenersOf = (event) => manager.events.listeners(event).map(({ plugin }) => plugin)
  const web = new WebLoad()
  const port = new Promise<number>((resolve) => {
    shared.onServer = resolve
  })
  const traffic = new Traffic(manager, shared, CAST.map(nameOf))
  const inspector = new Inspector(manager, model, shared)
  const editor = new Editor({ manager, folder, model, reports, shared, judge, inspector, tally, random })
  judge.where = () => `seed ${seed}, reload ${tally.reloads}, ${editor.doing}`
  let mostAlive = 0
  let running: Census | undefined
  const leaks: string[] = []
  const rest = async () => {
    await traffic.rest()
    await manager.idle()
    if (judge.open > 0) judge.wrong('lost', `${judge.open} deliveries are still to come, and nothing is under way`)
    const bytes = await heap.check(tally.reloads)
    const most = generations.mostAlive()
    mostAlive = Math.max(mostAlive, most.alive)
    if (most.alive > 2) judge.wrong('leak', `${most.alive} generations of plugin "${most.plugin}" are in memory`)
    running ??= census()
    for (const leak of await leaksSince(running, census)) judge.wrong('leak', leak)
    print(
      `${tally.reloads} reloads in ${seconds(from)} s, ${traffic.total} events, ${judge.arrived} deliveries, ${web.answered} requests, heap ${(bytes / 1024 / 1024).toFixed(2)} MB, ${judge.total} wrong`,
    )
  }
  try {
    // The first use of the compiler takes longer than a load may take later.
    await new PluginLoader({
      paths: [folder.path],
      hostModules: { 'cf-plugins': () => import('cf-plugins') },
    }).loadPlugins()
    const { failed } = await manager.start()
    if (failed[0]) throw failed[0].error
    inspector.look(new Set(CAST.map(nameOf)))
    await web.start(await port)
    await rest()
    traffic.start()
    for (let next = 1; tally.reloads < reloads && judge.total < WRONG_MAX; ) {
      await editor.edit()
      if (tally.reloads < (next * reloads) / CHECKPOINTS) continue
      next = Math.floor((tally.reloads * CHECKPOINTS) / reloads) + 1
      await rest()
      traffic.start()
    }
    await rest()
  } finally {
    await web.stop()
    const stopped = await manager.stop()
    for (const problem of stopped.problems) judge.wrong('contract', `the stop told: ${problem.message}`)
    await folder.delete()
  }
  leaks.push(...(await leaksSince(before, census)))
  for (const leak of leaks) judge.wrong('leak', `after the stop: ${leak}`)
  if (web.failed > 0) judge.wrong('lost', `${web.failed} requests failed: ${web.failures.join('; ')}`)
  judge.close()
  return {
    tally,
    judge,
    traffic,
    heap,
    mostAlive,
    leaks,
    requests: { answered: web.answered, failed: web.failed },
    durationMs: performance.now() - from,
  }
}

/** What was sent without waiting and could not be delivered. */
function checkFailure(judge: Judge, { event, plugin, error }: { event: string; plugin: string; error: unknown }): void {
  if (error instanceof PluginError && error.code === 'CFP_EVENT_KEPT') return
  judge.wrong('lost', `plugin "${plugin}" did not get a ${event}: ${error}`)
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}

function seconds(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(0)
}
