// Shows a helper that belongs to one plugin: a map in a JSON file, replaced as a whole at each write.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface JsonFile {
  readonly path: string
  readonly size: number
  get(key: string): unknown
  set(key: string, value: unknown): Promise<void>
  /** Resolves when all that was set is on disk. */
  written(): Promise<void>
}

export async function openJsonFile(path: string): Promise<JsonFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const values = new Map<string, unknown>(Object.entries(await read(path)))
  let writing = Promise.resolve()
  const write = async () => {
    // Renamed into place, so that whoever reads it never meets one half.
    await writeFile(`${path}.new`, JSON.stringify(Object.fromEntries(values), undefined, 2))
    await rename(`${path}.new`, path)
  }
  return {
    path,
    get size() {
      return values.size
    },
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value)
      writing = writing.then(write, write)
      return writing
    },
    written: () => writing,
  }
}

async function read(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
