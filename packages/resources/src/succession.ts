// Which revision follows which: decided once, for all processes that share the folder, and by none of their clocks.
//
// A change is written to a draft. Then its writer claims to be the successor of the revision that it has read, by a
// second name of the draft that has that revision in it: the system gives such a name to one alone. If the resource still
// has that revision then, nobody but this draft can follow it, and it is renamed into place. A writer that is killed
// between the two has decided the matter: whoever comes next and finds its claim renames the draft in its stead.
import { link, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isSystemError } from './resource-error.ts'
import { type Head, headLine } from './resource-file.ts'
import { readHead } from './stored-file.ts'
import { discard, syncFolder, writeDraft } from './whole-file.ts'

/** A resource's place: the folder's real path, and the name of the file. */
export interface Place {
  readonly folder: string
  readonly file: string
}

/** What is to be there. */
export interface Next {
  readonly head: Head
  readonly bytes: Uint8Array
}

/** A claim to delete is made good by its maker alone, within milliseconds; one that is older is nobody's any more. */
const DEAD_AFTER_MS = 60_000
/** A draft that nobody can be writing any more. */
const OLD_DRAFT_MS = 10 * 60_000

export function pathOf({ folder, file }: Place): string {
  return join(folder, file)
}

/** Puts a resource where none is. @returns whether there was none */
export async function begin(place: Place, next: Next): Promise<boolean> {
  const draft = draftOf(place, next.head.revision)
  await writeDraft(draft, [headLine(next.head), next.bytes])
  try {
    await link(draft, pathOf(place))
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false
    throw error
  } finally {
    await discard(draft)
  }
  await syncFolder(place.folder)
  return true
}

/** Puts `next` in the place of `base`, or nothing where it `deletes`. @returns whether `base` was still there, with no other successor */
export async function follow(place: Place, base: string, next: Next): Promise<boolean> {
  const draft = draftOf(place, next.head.revision)
  const claim = claimOf(place, base)
  await writeDraft(draft, [headLine(next.head), next.bytes])
  try {
    await link(draft, claim)
  } catch (error) {
    await discard(draft)
    if (!isSystemError(error, 'EEXIST')) throw error
    await settleClaim(place, base)
    return false
  }
  try {
    if ((await readHead(pathOf(place)))?.revision !== base) {
      // Whoever found the claim was faster than its maker in making it good.
      const isDone = !next.head.deletes && !(await isThere(draft))
      // Else it came too late and is void: a revision that was followed never comes back.
      await withdraw(draft, claim)
      if (!isDone) return false
    } else if (next.head.deletes) {
      await unlink(pathOf(place))
      await discard(draft)
    } else await rename(draft, pathOf(place)).catch(doneByAnother)
  } catch (error) {
    await withdraw(draft, claim)
    throw error
  }
  await discard(claim)
  await syncFolder(place.folder)
  return true
}

/** Brings to its end what a claim has decided, where its maker has not; takes it away where it decides nothing. */
export async function settleClaim(place: Place, base: string): Promise<void> {
  const claim = claimOf(place, base)
  // In this order: a claim that was there while the resource had the revision is the one that counts.
  const head = await readHead(claim)
  if (!head) return
  if ((await readHead(pathOf(place)))?.revision !== base) return await discard(claim)
  if (head.deletes) {
    if (await isOlder(claim, DEAD_AFTER_MS)) await withdraw(draftOf(place, head.revision), claim)
    return
  }
  const isMoved = await rename(draftOf(place, head.revision), pathOf(place)).then(() => true, doneByAnother)
  // Its maker has withdrawn it, and was killed in the middle of that.
  const isVoid = !isMoved && (await readHead(pathOf(place)))?.revision === base
  if (isMoved || isVoid) await discard(claim)
}

/** Deals with what a process that was killed has left behind in the folder, by the name of a file there. */
export async function cleanUp(folder: string, name: string): Promise<void> {
  const { file = '', revision = '', kind } = LEFT_OVER.exec(name)?.groups ?? {}
  if (file === '') return
  const path = join(folder, name)
  if (kind === 'next') {
    if (await isOlder(path, DEAD_AFTER_MS)) await settleClaim({ folder, file }, revision)
    return
  }
  const found = await stat(path).catch(() => undefined)
  // One with a second name is claimed.
  if (found?.nlink === 1 && Date.now() - found.mtimeMs > OLD_DRAFT_MS) await discard(path)
}

const LEFT_OVER = /^\.(?<file>.+\.resource)\.(?<revision>\d{1,15}-[0-9a-f]{12})\.(?<kind>draft|next)$/

function draftOf({ folder, file }: Place, revision: string): string {
  return join(folder, `.${file}.${revision}.draft`)
}

function claimOf({ folder, file }: Place, base: string): string {
  return join(folder, `.${file}.${base}.next`)
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined
}

/** The draft first: a claim without one decides nothing. */
async function withdraw(draft: string, claim: string): Promise<void> {
  await discard(draft)
  await discard(claim)
}

/** Whoever found the claim may have renamed the draft already. */
function doneByAnother(error: unknown): false {
  if (!isSystemError(error, 'ENOENT')) throw error
  return false
}

async function isOlder(file: string, ms: number): Promise<boolean> {
  const found = await stat(file).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > ms
}
