// Which resources a query asks for: `?prefix=reports/&metadata.author=Ada&metadata.words=42&limit=10&after=…`.
import type { ResourceListOptions } from 'cf-plugins'
import { z } from 'zod'
import { HttpError } from '../_shared/http-error.ts'

const Query = z.strictObject({
  prefix: z.string().optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
})
const METADATA = 'metadata.'

/** @throws 400 with every problem */
export function wantedBy({ searchParams }: URL): ResourceListOptions {
  const all = [...searchParams]
  const facts = all.filter(([key]) => key.startsWith(METADATA))
  const metadata = Object.fromEntries(facts.map(([key, value]) => [key.slice(METADATA.length), jsonOrText(value)]))
  const { data, error } = Query.safeParse(Object.fromEntries(all.filter(([key]) => !key.startsWith(METADATA))))
  if (data) return { ...withoutUndefined(data), metadata }
  const details = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new HttpError(400, 'QUERY_INVALID', 'What is wanted is told by prefix, metadata.<key>, limit and after.', {
    details,
  })
}

/** JSON where it is some, so that `42` and `true` are found; else a text. */
function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function withoutUndefined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}
