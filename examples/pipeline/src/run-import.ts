// One run: the file goes through the pipelines batch by batch, then the regions do, and then all of it is one file.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, PluginManager, type ReloadReport } from 'cf-plugins'
import { type Batch, Prepare, type Region, Store, Survey } from '../plugins/_shared/batch.ts'
import type { Shared } from '../plugins/_shared/host.ts'
import { PlaceFiles } from '../plugins/_shared/places.ts'
import { type Cursor, Source } from '../plugins/_shared/source.ts'
import { Totals } from '../plugins/_shared/totals.ts'
import { Figures, lineOf } from './figures.ts'
import { inOrder } from './in-order.ts'
import { Lines } from './lines.ts'
import type { Options } from './options.ts'
import { OutputFolder, REPORT_FILE } from './output-folder.ts'
import type { Progress } from './progress.ts'
import type { RunReport } from './run-report.ts'
import { StepTimes } from './step-times.ts'
import { type BadPolicy, type Rejected, runWithoutBad } from './without-bad.ts'

/** Of the rejected records the report shows so many. */
const SHOWN = 5
const START: Cursor = { offset: 0, records: 0 }

/** @throws where it does not come to its end; then nothing is left of it, unless `keep` says otherwise */
export async function runImport(options: Options, progress: Progress, signal: AbortSignal): Promise<RunReport> {
  const folder = await OutputFolder.make(options.out)
  // Whoever asks twice to stop does not want to wait.
  const leave = () => options.keep || folder.discardSync()
  process.once('exit', leave)
  try {
    const report = await new Import(options, progress, signal, folder.partial).run()
    await folder.commit()
    return report
  } catch (error) {
    if (options.keep) progress.note(`What was written is in ${folder.partial}`)
    else await folder.discard()
    throw error
  } finally {
    process.off('exit', leave)
  }
}

class Import {
  readonly #options: Options
  readonly #progress: Progress
  readonly #policy: BadPolicy
  readonly #folder: string
  readonly #manager: PluginManager<unknown, Shared>
  readonly #bad: Lines
  readonly #figures = new Figures()
  readonly #edits: string[] = []
  readonly #firstRejected: Rejected[] = []
  #rejected = 0
  #undone = 0
  #read = START
  #stored = START

  constructor(options: Options, progress: Progress, signal: AbortSignal, folder: string) {
    const { way, threads, plugins, input, lists, onBad } = options
    this.#options = options
    this.#progress = progress
    this.#policy = { signal, onBad }
    this.#folder = folder
    this.#bad = new Lines(join(folder, 'bad.ndjson'))
    this.#manager = new PluginManager({
      paths: [plugins],
      load: { env: {} },
      hotReload: true,
      afterReload: (report) => this.#reloaded(report),
      shared: { way, input, lists, folder },
      logger: warningsTo((line) => progress.note(line)),
      slowMs: 2000,
      // Nobody is served here who would wait for the event loop, or for one step.
      handlerPolicy: { blockMs: false, slowMs: 60_000 },
      threads: way === 'sync' || way === 'async' ? 'inline' : { threads },
    })
  }

  async run(): Promise<RunReport> {
    const from = performance.now()
    using times = new StepTimes(this.#manager.lifecycle.id)
    try {
      const { failed } = await this.#manager.start()
      if (failed[0]) throw failed[0].error
      await this.#import()
      const importMs = performance.now() - from
      await this.#survey()
      this.#progress.at('one file of all', 1, '')
      const merged = await this.#manager.use(PlaceFiles, (files) => files.merge())
      await this.#bad.end()
      const report: RunReport = {
        way: this.#options.way,
        records: this.#stored.records,
        bytesRead: this.#stored.offset,
        rejected: this.#rejected,
        firstRejected: this.#firstRejected,
        undone: this.#undone,
        edits: this.#edits,
        counts: this.#manager.get(Totals).counts(),
        finds: this.#figures.all,
        steps: times.all(),
        importMs,
        totalMs: performance.now() - from,
        peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
        ...merged,
      }
      await writeFile(join(this.#folder, REPORT_FILE), `${JSON.stringify(report, null, 2)}\n`)
      return report
    } finally {
      this.#bad.destroy()
      await this.#manager.stop()
    }
  }

  async #import(): Promise<void> {
    const size = await this.#manager.use(Source, (source) => source.size())
    const prepare = this.#manager.pipeline(Prepare)
    const store = this.#manager.pipeline(Store)
    // Side by side as far as they may be, and one after the other where it matters.
    const prepared = inOrder(this.#batches(), this.#options.atOnce, async ({ batch, next }) => {
      return { outcome: await runWithoutBad(prepare, batch, this.#policy), next }
    })
    for await (const { outcome, next } of prepared) {
      const stored = await runWithoutBad(store, outcome.batch, this.#policy)
      const rejected = [...outcome.rejected, ...stored.rejected].sort((a, b) => a.at - b.at)
      this.#undone += stored.undone.length
      for (const each of rejected) await this.#reject(each)
      this.#stored = next
      const { records, offset } = next
      const part = Math.max(offset / size, records / this.#options.limit)
      this.#progress.at('import', part, `${count(records)} records, ${count(this.#rejected)} bad`)
    }
  }

  /** Reads as many as are wanted, and no more. */
  async *#batches(): AsyncGenerator<{ readonly batch: Batch; readonly next: Cursor }> {
    const { batch: size, limit } = this.#options
    for (let number = 1; this.#read.records < limit; number++) {
      const most = Math.min(size, limit - this.#read.records)
      const { records, next } = await this.#manager.use(Source, (source) => source.read(this.#read, most))
      if (records.length === 0) return
      this.#read = next
      yield { batch: { number, records, places: [], regions: [], districts: [], mended: {} }, next }
    }
  }

  async #survey(): Promise<void> {
    const codes = await this.#manager.use(PlaceFiles, (files) => files.regions())
    const survey = this.#manager.pipeline(Survey)
    const regions = new Lines(join(this.#folder, 'regions.ndjson'))
    try {
      const { signal } = this.#policy
      const surveyed = inOrder(codes, this.#options.atOnce, (code) => survey.run(regionOf(code), { signal }))
      let done = 0
      for await (const region of surveyed) {
        for (const index of region.twins) await this.#reject(twinIn(region, index))
        this.#figures.add(region)
        await regions.add(lineOf(region))
        this.#progress.at('survey', ++done / codes.length, `${count(done)} of ${count(codes.length)} regions`)
      }
      await regions.end()
    } finally {
      regions.destroy()
    }
  }

  async #reject(rejected: Rejected): Promise<void> {
    this.#rejected++
    if (this.#firstRejected.length < SHOWN) this.#firstRejected.push(rejected)
    await this.#bad.add(rejected)
  }

  #reloaded({ outcome, members, plan, error }: ReloadReport): void {
    const who = members.length > 0 ? members : plan.order
    const done = `from about record ${count(this.#stored.records + 1)} on`
    const line =
      outcome === 'committed'
        ? `new code of ${who.join(', ')}, ${done}`
        : `edit of ${who.join(', ')}: ${outcome}: ${error?.message}`
    this.#edits.push(line)
    this.#progress.note(line)
  }
}

/** What the framework warns of, where it does not disturb the line that changes. */
function warningsTo(note: (line: string) => void): Logger {
  const nothing = () => {}
  const warn = (...told: readonly unknown[]) => {
    const message = told.find((each) => typeof each === 'string')
    if (message !== undefined) note(`warning: ${message}`)
  }
  return { debug: nothing, info: nothing, warn, error: warn }
}

function regionOf(code: string): Region {
  return {
    code,
    name: undefined,
    at: new Int32Array(),
    offset: new Float64Array(),
    names: [],
    points: new Float64Array(),
    twins: [],
    nearestKm: new Float64Array(),
    chain: { length: 0, first: 0 },
  }
}

function twinIn({ at, offset, names, code }: Region, index: number): Rejected {
  return { at: at[index] ?? 0, offset: offset[index] ?? 0, why: `${names[index]}: it is there already, in ${code}` }
}

function count(number: number): string {
  return number.toLocaleString('en')
}
