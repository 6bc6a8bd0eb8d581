// Edits plugins under a running host, on a copy of their folder, and has a second process say what came of it.
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { formatMs, graphOf, renderReload, renderTimeline, renderTree, type Theme } from '@cf-plugins/cli'
import { messageOf, type ReloadReport } from 'cf-plugins'
import { startHost } from './host.ts'
import type { Finding } from './observation.ts'
import { type ObserverProcess, startObserver } from './observer-process.ts'
import { Reloads } from './reloads.ts'
import { TOUR, type TourEdit, type TourStep } from './tour-edits.ts'

/** How long the host may take to deal with a save, in milliseconds. */
const RELOAD_MS = 10_000

/** What the tour is given. */
export interface TourOptions {
  readonly folder: string
  readonly theme: Theme
  readonly width: number
  /** Ends the tour early. */
  readonly signal: AbortSignal
  readonly print: (text: string) => void
}

/** Makes the five edits. Whether each of them did what it must. */
export async function runTour({ folder, theme, width, signal, print }: TourOptions): Promise<boolean> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'cf-plugins-tour-')))
  const from = performance.now()
  try {
    const copy = join(scratch, 'plugins')
    await cp(folder, copy, { recursive: true })
    const show = (text: string) => print(withoutFolder(text, copy))
    const reloads = new Reloads()
    const host = await startHost({ folder: copy, logger: false, afterReload: (report) => reloads.add(report) })
    const observer = startObserver(host.address, signal)
    try {
      print(`\n${theme.strong('Plugins start')}, from a copy of ${folder}\n\n`)
      show(`${renderTimeline(host.report, { width, theme })}\n`)
      print(indented(renderTree(graphOf(host.manager), theme)))
      const editor = new Editor(copy, reloads, observer, signal)
      let done = 0
      for (const [at, edit] of TOUR.entries()) {
        print(`\n${theme.strong(`${at + 1}. ${edit.title}`)}\n`)
        if (await walk(edit, { editor, theme, print: show })) done++
      }
      const isDone = done === TOUR.length
      const verdict = `${done} of ${TOUR.length} edits did what they must`
      const seen = `as seen by process ${observer.pid}, which asked process ${process.pid} all along`
      print(`\n${isDone ? theme.good(verdict) : theme.bad(verdict)}, ${seen}. ${formatMs(performance.now() - from)}\n`)
      return isDone
    } finally {
      observer.stop()
      await host.stop()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Makes the saves of one edit. Whether all of them came to what they must. */
async function walk(
  edit: TourEdit,
  { editor, theme, print }: { editor: Editor; theme: Theme; print: TourOptions['print'] },
): Promise<boolean> {
  for (const step of edit.steps) {
    print(`   ${step.file} ${step.told}\n`)
    try {
      const { report, tookMs, finding } = await editor.make(step)
      print(indented(renderReload(report, { theme })))
      const calls = `${finding.answered} calls answered meanwhile, the slowest in ${formatMs(finding.slowestMs)}`
      print(`   ${theme.faint(`${endOf(step, report)} ${formatMs(tookMs)} after the save; ${calls}`)}\n`)
      const wrong = wrongWith(step, report) ?? (finding.ok ? undefined : finding.text)
      print(wrong === undefined ? `   ${theme.good('✔')} ${finding.text}\n` : `   ${theme.bad('✖')} ${wrong}\n`)
      if (wrong !== undefined) return false
    } catch (error) {
      print(`   ${theme.bad('✖')} ${messageOf(error)}\n`)
      return false
    }
  }
  return true
}

function endOf({ change }: TourStep, { outcome }: ReloadReport): string {
  if (outcome !== 'committed') return 'refused'
  return change === 'remove' ? 'gone' : 'active'
}

/** How the host's report is not what it must be. */
function wrongWith({ outcome, code }: TourStep, report: ReloadReport): string | undefined {
  if (report.outcome !== outcome) return `the reload must be ${outcome}, and is ${report.outcome}`
  if (report.error?.code !== code) return `the error must be ${code ?? 'none'}, and is ${report.error?.code ?? 'none'}`
  return undefined
}

/** Saves files as the steps say, and waits for what comes of it. */
class Editor {
  readonly #folder: string
  readonly #reloads: Reloads
  readonly #observer: ObserverProcess
  readonly #signal: AbortSignal
  /** What each file was when it last did its work. */
  readonly #good = new Map<string, string>()

  constructor(folder: string, reloads: Reloads, observer: ObserverProcess, signal: AbortSignal) {
    this.#folder = folder
    this.#reloads = reloads
    this.#observer = observer
    this.#signal = signal
  }

  async make(step: TourStep): Promise<{ report: ReloadReport; tookMs: number; finding: Finding }> {
    const path = join(this.#folder, step.file)
    const good = this.#good.get(path) ?? (await readFile(path, 'utf8'))
    this.#good.set(path, good)
    const content = contentOf(step, good)
    const before = await this.#observer.ask('before', step.expect)
    if (!before.ok) throw new Error(`before the edit, ${before.text}`)
    const waiting = this.#reloads.of(path, { timeoutMs: RELOAD_MS, signal: this.#signal })
    const from = performance.now()
    const [report] = await Promise.all([waiting, content === undefined ? rm(path) : writeFile(path, content)])
    const tookMs = performance.now() - from
    const finding = await this.#observer.ask('after', step.expect)
    if (content !== undefined && report.outcome === 'committed') this.#good.set(path, content)
    return { report, tookMs, finding }
  }
}

function contentOf({ file, change }: TourStep, good: string): string | undefined {
  if (change === 'remove') return undefined
  if (change === 'restore') return good
  return change.reduce((content, [from, to]) => {
    if (!content.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)} to edit`)
    return content.replace(from, to)
  }, good)
}

/** Files by their names in the folder: where the copy lies is of no use to a reader. */
function withoutFolder(text: string, folder: string): string {
  // The relative path first: it may end with the whole of the absolute one.
  return text.replaceAll(join(relative(process.cwd(), folder), sep), '').replaceAll(join(folder, sep), '')
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '   ')
}
