// The benches of the repository: every package that has a script for them.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A package with benches of its own. */
export interface Bench {
  /** The package's name. */
  readonly name: string
  readonly folder: string
}

/** Where packages with benches are, from the root of the repository. */
const GROUPS = ['packages', 'benchmarks']

/** Every package below `root` whose package.json has a script `bench`, in the order of their folders. */
export async function findBenches(root: string): Promise<Bench[]> {
  const found: Bench[] = []
  for (const group of GROUPS) {
    const entries = await readdir(join(root, group), { withFileTypes: true })
    for (const entry of entries.filter((each) => each.isDirectory())) {
      const folder = join(root, group, entry.name)
      const { name, scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
        name: string
        scripts?: Readonly<Record<string, string>>
      }
      if (scripts?.bench !== undefined) found.push({ name, folder })
    }
  }
  return found
}
