// Waits for the reports of what was saved.
import type { Child } from './child.ts'
import type { Reconfigured, Reloaded, ServerAnswers, ServerNews, ServerRequest } from './messages.ts'

export type ServerChild = Child<ServerRequest, ServerAnswers, ServerNews>

/** No edit takes longer: the bounds of all phases of a reload, and of its rollback. */
const REPORT_MS = 60_000

/**
 * Runs `act`, which saves contents and gives their hashes; resolves with the reports that concern them, when there is one for each.
 *
 * @throws where there is none in time: an edit was dropped
 */
export function reloadsOf(server: ServerChild, act: () => Promise<readonly string[]>): Promise<readonly Reloaded[]> {
  const reports: Reloaded[] = []
  return heard(server, act, (news, hashes) => {
    if (news?.news === 'reloaded') reports.push(news.reloaded)
    const concerned = reports.filter(({ changes }) => changes.some(({ hash }) => hash && hashes.includes(hash)))
    const isThere = (hash: string) => concerned.some(({ changes }) => changes.some((each) => each.hash === hash))
    return hashes.every(isThere) ? concerned : undefined
  })
}

/** Runs `act`, which saves the configuration; resolves with the report of that. @throws where there is none in time */
export function configurationAfter(server: ServerChild, act: () => Promise<void>): Promise<Reconfigured> {
  let first: Reconfigured | undefined
  return heard(
    server,
    async () => {
      await act()
      return []
    },
    (news) => {
      if (news?.news === 'reconfigured') first ??= news.reconfigured
      return first
    },
  )
}

/** `found` is asked after each news from the beginning of `act` on, and once when that is over; nothing is "not yet". */
async function heard<T>(
  server: ServerChild,
  act: () => Promise<readonly string[]>,
  found: (news: ServerNews | undefined, hashes: readonly string[]) => T | undefined,
): Promise<T> {
  const { events } = server
  let hashes: readonly string[] | undefined
  return new Promise<T>((resolve, reject) => {
    const bound = setTimeout(() => over(() => reject(new Error('nobody told what became of it'))), REPORT_MS)
    const over = (run: () => void) => {
      clearTimeout(bound)
      events.off('news', hear)
      events.off('exit', ended)
      run()
    }
    const look = (news: ServerNews | undefined) => {
      // Which hashes it waits for is known when all is saved; what was told until then is kept by `found`.
      const result = found(news, hashes ?? ['not saved yet'])
      if (result !== undefined && hashes) over(() => resolve(result))
    }
    const hear = (news: ServerNews) => look(news)
    const ended = (why: string) => over(() => reject(new Error(`the server ended: ${why}`)))
    events.on('news', hear)
    events.on('exit', ended)
    act().then(
      (saved) => {
        hashes = saved
        look(undefined)
      },
      (error: unknown) => over(() => reject(error)),
    )
  })
}
