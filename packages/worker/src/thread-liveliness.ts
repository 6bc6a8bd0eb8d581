// Whether a plugin keeps its thread's loop alive, as a server does: inline, that would keep the process alive, and so it does here.

/** How often it is looked at besides, in milliseconds. */
const LOOK_MS = 500
/** The thread's own: what its host calls it by. */
const OWN = 'MessagePort'

/**
 * Tells of each change.
 *
 * @returns looks at once, before something is answered after which a host may have nothing else to do
 */
export function tellLiveliness(tell: (isLively: boolean) => void): () => void {
  let isLively = false
  const look = () => {
    const now = process.getActiveResourcesInfo().some((kind) => kind !== OWN)
    if (now === isLively) return
    isLively = now
    tell(isLively)
  }
  setInterval(look, LOOK_MS).unref()
  return look
}
