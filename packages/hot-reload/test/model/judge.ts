// Whether a folder and what runs agree: the last content of each file is active, or an error about it is on record.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { PluginError } from '@cf-plugins/plugin-api'
import type { HotReloader, ReloadReport } from '../../src/index.ts'
import { type Content, HELPER, isGood, type Service } from './content.ts'
import type { EditedFolder } from './edits.ts'

/** What is judged. */
export interface Judged {
  readonly folder: EditedFolder
  readonly reloader: HotReloader
  readonly reports: readonly ReloadReport[]
}

/**
 * What does not agree; nothing where all is as it must be.
 *
 * @param isStrict whether nothing may be missing because of what was saved together with it
 */
export function disagreements(judged: Judged, isStrict: boolean): string[] {
  return ['a', 'b', 'c'].flatMap((name) => about(judged, name, isStrict) ?? [])
}

function about({ folder, reloader, reports }: Judged, name: string, isStrict: boolean): string | undefined {
  const { lifecycle } = reloader
  const isThere = lifecycle.registry.has(name)
  const status = isThere ? lifecycle.status(name) : undefined
  const content = folder.contents.get(`${name}.ts`)
  if (!content) {
    const isNeeded = status?.orphaned && lifecycle.registry.has('b') && lifecycle.status('b').state === 'active'
    return isThere && !isNeeded ? `${name} is ${status?.state} although its file is gone` : undefined
  }
  const helper = name === 'c' ? folder.contents.get(HELPER) : undefined
  const files = { own: join(folder.path, `${name}.ts`), helper: join(folder.path, HELPER) }
  const saved = new Map([[files.own, hashOf(content)]])
  if (helper) saved.set(files.helper, hashOf(helper))
  if (!isStrict && wentDownWithOthers(reports, saved)) return undefined
  const bad = [content, ...(helper ? [helper] : [])].filter((each) => !isGood(each))
  if (bad.length > 0) {
    const isTold = bad.some((each) => isOnRecord(reports, each, each === content ? files.own : files.helper))
    return isTold ? undefined : `nothing is told of content ${bad.map(({ number }) => number)} of ${name}`
  }
  // Its file came back before that of the plugin that it needs.
  if (!isStrict && name === 'b' && !lifecycle.registry.has('a')) return undefined
  if (status?.state !== 'active') return `${name} is ${status?.state}: ${status?.error?.message}`
  const service = lifecycle.service(name) as Service
  const isLast = service.number === content.number && service.helper === (helper?.number ?? 0)
  const last = helper ? `${content.number} with ${helper.number}` : content.number
  return isLast
    ? undefined
    : `${name} runs content ${service.number} with ${service.helper}, and last saved was ${last}`
}

/** What is saved together is one unit: it did not come in because of another file, and does once that one is good. */
function wentDownWithOthers(reports: readonly ReloadReport[], saved: ReadonlyMap<string, string>): boolean {
  return reports.some(({ error, plan: { changes } }) => {
    const isOwn = changes.some(({ file, hash }) => hash !== undefined && saved.get(file) === hash)
    return error !== undefined && isOwn && changes.some(({ file }) => !saved.has(file))
  })
}

/** As the watcher tells it. */
function hashOf({ text }: Content): string {
  return createHash('sha256').update(text).digest('hex')
}

function isOnRecord(reports: readonly ReloadReport[], content: Content, file: string): boolean {
  return reports.some(({ error, problems }) =>
    [error, ...problems].some((each) => each && tellsOf(each, content, file)),
  )
}

/** Whether an error, or one of its causes, is about this very content. */
function tellsOf(error: PluginError, { number, quality }: Content, file: string): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if (quality !== 'syntax' && each.message.includes(`content ${number}.`)) return true
    const place = each as { file?: string; line?: number }
    if (quality === 'syntax' && place.line === number && (place.file === file || each.message.includes(file)))
      return true
  }
  return false
}
