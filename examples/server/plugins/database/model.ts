// A table whose rows a zod schema describes.
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { DatabaseError } from './errors.ts'
import type { AnyTables, Connection, ListOptions, Model, ModelOptions, NewRow, RowOf } from './service.ts'

const DEFAULT_LIMIT = 100

type Values = Record<string, unknown>

/** A model over a connection. Column names are the schema's keys. */
export function createModel<
  Shape extends z.ZodRawShape,
  Id extends keyof Shape & string,
  Generated extends keyof Shape & string,
>(
  connection: Connection,
  table: string,
  schema: z.ZodObject<Shape>,
  options: ModelOptions<Shape, Id, Generated>,
): Model<Shape, Id, Generated> {
  const { id = 'id' as Id, generated = [], json = [] } = options
  const columns = Object.keys(schema.shape)
  for (const name of [id, ...generated, ...json]) {
    if (!columns.includes(name))
      throw new TypeError(`The model of "${table}" has no column "${name}": its schema says ${columns.join(', ')}.`)
  }
  const whole: z.ZodType = withOptional(schema, generated)
  const part: z.ZodType = withoutDefaults(schema).partial()
  const rows = new Rows(connection.query, table, columns, id)
  const check = (values: unknown, by: z.ZodType) => toColumns(parse(table, by, values), json)
  // What comes back is what the table has, and that went through the schema; only this border cannot know its type.
  const typed = (row: Values | undefined) => row as RowOf<Shape> | undefined
  return {
    table,
    find: async (key) => typed((await rows.where({ [id]: key }))[0]),
    findBy: async (where) => typed((await rows.where(where as Values, { limit: 1 }))[0]),
    list: async ({ where = {}, ...rest }: ListOptions<RowOf<Shape>> = {}) =>
      (await rows.where(where as Values, rest as PageOptions)) as RowOf<Shape>[],
    create: async (values: NewRow<Shape, Generated>) => typed(await rows.insert(check(values, whole))) as RowOf<Shape>,
    update: async (key, values) => typed(await rows.update(key, check(values, part))),
    delete: (key) => rows.delete(key),
    using: (other) => createModel(other, table, schema, options),
  }
}

type PageOptions = Omit<ListOptions<Values>, 'where'>

/** The statements. */
class Rows {
  readonly #db: Kysely<AnyTables>
  readonly #table: string
  readonly #columns: readonly string[]
  readonly #id: string

  constructor(db: Kysely<AnyTables>, table: string, columns: readonly string[], id: string) {
    this.#db = db
    this.#table = table
    this.#columns = columns
    this.#id = id
  }

  where(values: Values, { orderBy = this.#id, direction = 'asc', limit = DEFAULT_LIMIT, after }: PageOptions = {}) {
    let query = this.#db.selectFrom(this.#table).select(this.#columns).limit(limit)
    for (const [column, value] of Object.entries(values)) {
      this.#refuseUnknown(column)
      // Leaving it out would give rows that nobody asked for.
      if (value === undefined) throw new TypeError(`"${column}" is undefined: leave it out, or ask for null.`)
      query = query.where((eb) => (value === null ? eb(column, 'is', null) : eb(column, '=', eb.val(value))))
    }
    this.#refuseUnknown(orderBy)
    const order = orderBy === this.#id ? [orderBy] : [orderBy, this.#id]
    for (const column of order) query = query.orderBy(column, direction)
    if (after) {
      const operator = direction === 'asc' ? '>' : '<'
      query = query.where(({ eb, refTuple, tuple }) => {
        const [first = '', second] = order
        if (second === undefined) return eb(first, operator, eb.val(after[first]))
        return eb(refTuple(first, second), operator, tuple(after[first], after[second]))
      })
    }
    return query.execute()
  }

  async insert(values: Values): Promise<Values | undefined> {
    const query = this.#db.insertInto(this.#table)
    const filled = Object.keys(values).length === 0 ? query.defaultValues() : query.values(values)
    return filled.returning(this.#columns).executeTakeFirst()
  }

  async update(id: unknown, values: Values): Promise<Values | undefined> {
    if (Object.keys(values).length === 0) return (await this.where({ [this.#id]: id }))[0]
    const query = this.#db
      .updateTable(this.#table)
      .set(values)
      .where((eb) => eb(this.#id, '=', eb.val(id)))
    return query.returning(this.#columns).executeTakeFirst()
  }

  async delete(id: unknown): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom(this.#table)
      .where((eb) => eb(this.#id, '=', eb.val(id)))
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  /** Names come from requests now and then: only those of the schema get into SQL. */
  #refuseUnknown(column: string): void {
    if (!this.#columns.includes(column)) throw new TypeError(`"${this.#table}" has no column "${column}".`)
  }
}

/** Defaults are for new rows: an update must not put them over what is there. */
function withoutDefaults(schema: z.ZodObject): z.ZodObject {
  return z.object(
    Object.fromEntries(
      Object.entries(schema.shape).map(([name, field]) => [
        name,
        field instanceof z.ZodDefault ? field.unwrap() : field,
      ]),
    ),
  )
}

function withOptional(schema: z.ZodObject, names: readonly string[]): z.ZodType {
  if (names.length === 0) return schema
  const optional = names.map((name) => [name, z.optional(schema.shape[name] ?? z.unknown())])
  return schema.extend(Object.fromEntries(optional))
}

function parse(table: string, schema: z.ZodType, values: unknown): Values {
  const { success, data, error } = schema.safeParse(values)
  if (success) return data as Values
  const issues = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const list = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw new DatabaseError('DATABASE_ROW_INVALID', `A row of "${table}" is not what its schema wants: ${list}`, {
    issues,
  })
}

function toColumns(values: Values, json: readonly string[]): Values {
  const column = (name: string, value: unknown) =>
    value !== null && json.includes(name) ? JSON.stringify(value) : value
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, column(name, value)]))
}
