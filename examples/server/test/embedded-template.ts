// The files of an embedded database, made once: making them takes seconds of computing, which tests of something else need not pay each time.
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'

const CACHE = join(import.meta.dirname, '../node_modules/.tests')

/** Lays an empty database into a folder that is not there yet, for the database plugin to find. */
export async function layDatabase(folder: string): Promise<void> {
  await cp(await template(), folder, { recursive: true })
}

async function template(): Promise<string> {
  const made = join(CACHE, `pglite-${await version()}`)
  if (await isThere(made)) return made
  await mkdir(CACHE, { recursive: true })
  const draft = await mkdtemp(join(CACHE, 'pglite-draft-'))
  await (await PGlite.create(draft)).close()
  // Whoever is first names it: tests of several files run side by side, and all drafts are alike.
  await rename(draft, made).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await rm(draft, { recursive: true, force: true })
  })
  return made
}

async function version(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const text = await readFile(join(dirname(entry), '../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
