// Random edits of a real folder under the real watcher: whatever was saved, however, the last content of each file ends
// up active or is what an error on record is about, nobody loses a count, and every event is heard once.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HotReloader, type ReloadReport } from '../src/index.ts'
import { type Content, isGood, type Service, type Told } from './model/content.ts'
import { type Edit, EditedFolder, edit, FILES } from './model/edits.ts'
import { disagreements, type Judged } from './model/judge.ts'

const RUNS = 10
const GONE: Content = { number: 0, quality: 'syntax', text: '' }
/** How long it may take until what runs agrees with the files: a file that is gone is waited for, and machines are slow. */
const AGREE_MS = 15_000

class Run implements AsyncDisposable {
  readonly folder: EditedFolder
  readonly reports: ReloadReport[] = []
  readonly heard = new Map<string, number[]>()
  readonly expected = new Map<string, Set<number>>()
  readonly reloader: HotReloader
  #ticks = 0

  constructor(path: string) {
    this.folder = new EditedFolder(path)
    const shared: Told = { heard: (plugin, event) => void listOf(this.heard, plugin).push(event) }
    const afterReload = (report: ReloadReport) => void this.reports.push(report)
    this.reloader = new HotReloader({ paths: [path], shared, afterReload })
  }

  async make(each: Edit): Promise<void> {
    const { kind } = each
    if (kind === 'save') await this.folder.save(each.file, each.quality, each.way, each.gapMs)
    else if (kind === 'meanwhile') await this.saveMeanwhile(each.file, each.other)
    else if (kind === 'delete') await this.folder.remove(each.file)
    else if (kind === 'checkout') for (const file of FILES) await this.folder.save(file, 'good', 'in place')
    else if (kind === 'pause') await sleep(each.ms)
    else if (kind === 'tick') await this.tick()
    else await this.agree()
  }

  /** Saves `other` while new code of `file` is being set up, if that comes to it. */
  async saveMeanwhile(file: string, other: string): Promise<void> {
    const { lifecycle } = this.reloader
    const isUnderWay = () => lifecycle.statuses().some(({ state }) => state === 'swapping' || state === 'starting')
    await this.folder.save(file, 'slow')
    const end = performance.now() + 1000
    while (!isUnderWay() && performance.now() < end) await sleep(1)
    await this.folder.save(other, 'good')
  }

  async tick(): Promise<void> {
    const { events } = this.reloader.lifecycle
    const number = ++this.#ticks
    for (const { plugin } of events.listeners('tick')) {
      const numbers = this.expected.get(plugin) ?? new Set()
      this.expected.set(plugin, numbers.add(number))
    }
    const { failures } = await events.emit('tick', number)
    // Nobody is ever down in this model without its file being gone.
    for (const { plugin } of failures) this.expected.get(plugin)?.delete(number)
  }

  /** Waits until what runs agrees with the files. */
  async agree(isStrict = false): Promise<void> {
    const judged: Judged = { folder: this.folder, reloader: this.reloader, reports: this.reports }
    await expect.poll(() => disagreements(judged, isStrict).join('; '), { timeout: AGREE_MS, interval: 20 }).toBe('')
    await this.reloader.idle()
    const left = disagreements(judged, isStrict)
    expect(left, left.join('; ')).toEqual([])
  }

  checkEvents(): void {
    for (const [plugin, numbers] of this.expected) {
      expect([plugin, this.heard.get(plugin) ?? []]).toEqual([plugin, [...numbers]])
      expect([plugin, (this.reloader.lifecycle.service(plugin) as Service).count()]).toEqual([plugin, numbers.size])
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reloader.stop()
    await rm(this.folder.path, { recursive: true, force: true })
  }
}

function listOf(map: Map<string, number[]>, key: string): number[] {
  const list = map.get(key) ?? []
  map.set(key, list)
  return list
}

it('ends on the last content of each file, or on an error about it (invariant 9)', async () => {
  const seen = new Map<string, number>()
  const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  const property = fc.asyncProperty(fc.array(edit, { minLength: 10, maxLength: 25 }), async (edits) => {
    await using run = new Run(await realpath(await mkdtemp(join(tmpdir(), 'cf-model-'))))
    for (const file of FILES) await run.folder.save(file, 'good')
    await run.reloader.start()
    for (const each of edits) {
      note(each.kind === 'save' ? `${each.kind} ${each.way}` : each.kind)
      await run.make(each)
    }
    await run.agree()
    // What is bad or gone is good again: everybody is back, with every count, and with what could not come in before.
    const { contents } = run.folder
    const wrong = FILES.filter((file) => !isGood(contents.get(file) ?? GONE))
    for (const file of wrong) await run.folder.save(file, 'good')
    await run.agree(true)
    run.checkEvents()
    await run.tick()
    run.checkEvents()
    for (const { outcome, unloaded } of run.reports) note(unloaded.length > 0 ? 'unloaded' : outcome)
  })
  const numRuns = Number(process.env.CF_MODEL_RUNS ?? RUNS)
  const seed = Number(process.env.CF_MODEL_SEED ?? 20_260_101)
  const endOnFailure = process.env.CF_MODEL_SHRINK === undefined
  await fc.assert(property, { numRuns, seed, endOnFailure, includeErrorInReport: true })
  if (process.env.CF_MODEL_COUNTS) console.info(Object.fromEntries(seen))
  if (numRuns < RUNS) return
  const rare = Object.entries(MINIMUMS).filter(([what, least]) => (seen.get(what) ?? 0) < least)
  expect(rare).toEqual([])
}, 600_000)

/** Less than any seed gives; what comes of edits depends on how quick the machine is as well. */
const MINIMUMS = {
  'save atomic': 4,
  'save in place': 4,
  'save torn': 4,
  'save twice': 4,
  delete: 5,
  meanwhile: 5,
  checkout: 1,
  tick: 6,
  committed: 6,
  kept: 1,
  unloaded: 1,
}
