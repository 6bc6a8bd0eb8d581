// Cases by their group: what comes before the slash of an id.
import type { CaseResult } from '../run/result.ts'

/** In the order in which their first cases came. */
export function groupsOf(results: readonly CaseResult[]): Map<string, CaseResult[]> {
  const groups = new Map<string, CaseResult[]>()
  for (const result of results) {
    const [group = ''] = result.id.split('/')
    groups.set(group, [...(groups.get(group) ?? []), result])
  }
  return groups
}
