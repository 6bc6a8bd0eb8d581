// What the places' districts are called: too many names to keep, they say, and so there is a file a country, read when it is needed.
import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Batch, Prepare } from './_shared/batch.ts'
import { definePlugin } from './_shared/host.ts'

type Names = Readonly<Record<string, string>>

/** So many countries are remembered. */
const REMEMBERED = 8

export default definePlugin({
  name: 'districts',
  version: '1.0.0',
  async setup({ pipeline, shared: { way, lists, folder } }) {
    const files = join(folder, 'districts')
    const known = await splitByCountry(join(lists, 'admin2.json'), files)
    const fileOf = (country: string) => join(files, `${country}.json`)
    const recent = new Map<string, Names>()
    const keep = (country: string, names: Names) => {
      recent.delete(country)
      recent.set(country, names)
      const [oldest] = recent.keys()
      if (recent.size > REMEMBERED && oldest !== undefined) recent.delete(oldest)
      return names
    }
    const read = async (country: string) => JSON.parse(await readFile(fileOf(country), 'utf8')) as Names
    const readSync = (country: string) => JSON.parse(readFileSync(fileOf(country), 'utf8')) as Names

    const sync = (batch: Batch) => {
      const names = countriesOf(batch, known).map((country) => keep(country, recent.get(country) ?? readSync(country)))
      return namesOf(batch, names)
    }
    const async = async (batch: Batch) => {
      const names = countriesOf(batch, known).map(async (country) =>
        keep(country, recent.get(country) ?? (await read(country))),
      )
      return namesOf(batch, await Promise.all(names))
    }
    pipeline(Prepare).step('district', way === 'sync' ? sync : async, { group: 'names', after: 'clean' })
  },
})

/** @returns the countries that have a file */
async function splitByCountry(list: string, folder: string): Promise<ReadonlySet<string>> {
  const countries = new Map<string, Record<string, string>>()
  for (const { code, name } of JSON.parse(await readFile(list, 'utf8')) as { code: string; name: string }[]) {
    const country = code.slice(0, 2)
    const names = countries.get(country) ?? {}
    names[code] = name
    countries.set(country, names)
  }
  await mkdir(folder, { recursive: true })
  await Promise.all(
    [...countries].map(([country, names]) => writeFile(join(folder, `${country}.json`), JSON.stringify(names))),
  )
  return new Set(countries.keys())
}

function countriesOf({ places }: Batch, known: ReadonlySet<string>): string[] {
  return [...new Set(places.map(({ country }) => country))].filter((country) => known.has(country))
}

function namesOf({ places }: Batch, tables: readonly Names[]): Partial<Batch> {
  const names: Names = Object.assign({}, ...tables)
  return { districts: places.map(({ district }) => (district === undefined ? undefined : names[district])) }
}
