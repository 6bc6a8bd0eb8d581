// What a request demands of the revision that is there: If-Match and If-None-Match.
import type { IncomingHttpHeaders } from 'node:http'
import { HttpError } from '../_shared/http-error.ts'

/** The ETag of a revision. */
export function etagOf(revision: string): string {
  return `"${revision}"`
}

/** Whether who asks has this revision already. */
export function isKnown({ 'if-none-match': known }: IncomingHttpHeaders, revision: string): boolean {
  return known !== undefined && names(known, revision, true)
}

/**
 * Refuses a change whose author has seen something else than what is there.
 *
 * @param revision nothing where there is no resource
 * @throws 412
 */
export function assertUnchanged(headers: IncomingHttpHeaders, revision: string | undefined): void {
  const { 'if-match': seen, 'if-none-match': unseen } = headers
  const isSeen = seen === undefined || (revision !== undefined && names(seen, revision, false))
  const isUnseen = unseen === undefined || revision === undefined || !names(unseen, revision, true)
  if (isSeen && isUnseen) return
  const what = revision === undefined ? 'There is none' : `What is there is ${etagOf(revision)}`
  throw new HttpError(412, 'PRECONDITION_FAILED', `${what}, and the request says otherwise. Get it again.`, {
    headers: revision === undefined ? {} : { etag: etagOf(revision) },
  })
}

/** Whether a list of ETags, or `*`, has this one. Weak ones match where nothing is changed. */
function names(list: string, revision: string, allowWeak: boolean): boolean {
  return list
    .split(',')
    .map((each) => each.trim())
    .some((each) => each === '*' || (allowWeak ? each.replace(/^W\//, '') : each) === etagOf(revision))
}
