// The last entries of the audit trail, as a query asks for them.
import { type AuditEntry, readAudit } from 'cf-plugins'
import { z } from 'zod'
import { HttpError } from '../_shared/http-error.ts'

const Query = z.strictObject({
  plugin: z.string().optional(),
  action: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** @throws 400 with every problem */
export async function trailOf(file: string, { searchParams }: URL): Promise<readonly AuditEntry[]> {
  const { data, error } = Query.safeParse(Object.fromEntries(searchParams))
  if (!data) {
    const details = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    throw new HttpError(400, 'QUERY_INVALID', 'Entries are wanted by plugin, action, since and limit.', { details })
  }
  const { plugin, action, since, limit } = data
  const { entries } = await readAudit(file, {
    limit,
    ...(plugin !== undefined && { plugin }),
    ...(action !== undefined && { action }),
    ...(since !== undefined && { since }),
  })
  return entries
}
