// Names the name that somebody probably meant.
import { nearest } from '@cf-plugins/plugin-api/host'

/**
 * The candidate closest to `name`, at most two edits away, or nothing where none is so close.
 *
 * @example
 * nearestName('databse', ['cache', 'database']) // 'database'
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  return nearest(name, [...candidates])
}

/** `Did you mean "database"?` with a leading space, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const meant = nearestName(name, candidates)
  return meant === undefined ? '' : ` Did you mean "${meant}"?`
}
