// A copy of the workspace to plant bugs in, so that nobody who works in the real one ever meets them.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative, sep } from 'node:path'
import type { Edit } from './planted-bug.ts'

const ROOT_FILES = ['package.json', 'vitest.config.ts', 'vitest.readme.ts', 'tsconfig.base.json']

/** What tests of sources do not need. */
const LEFT_OUT = new Set(['dist', 'bench', 'soak', 'planted-bugs', 'coverage', '.turbo', '.vite'])

/** A copy of the sources, with the dependencies of the original. */
export class WorkspaceCopy implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** @param root of the workspace */
  static async of(root: string): Promise<WorkspaceCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'cf-planted-bugs-'))
    for (const file of ROOT_FILES) await cp(join(root, file), join(folder, file))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
    // Links between packages are relative, and so lead to the copies.
    for (const group of ['packages', 'examples', 'benchmarks']) {
      const filter = (source: string) => !isLeftOut(relative(join(root, group), source))
      await cp(join(root, group), join(folder, group), { recursive: true, verbatimSymlinks: true, filter })
    }
    return new WorkspaceCopy(folder)
  }

  /** Makes every edit. Gives what takes them back. @throws where an edit does not fit in exactly one place; nothing is changed then */
  async plant(edits: readonly Edit[]): Promise<() => Promise<void>> {
    const before = new Map<string, string>()
    const after = new Map<string, string>()
    for (const { file, find, put } of edits) {
      const path = join(this.folder, 'packages', file)
      const text = after.get(path) ?? (await readFile(path, 'utf8'))
      if (!before.has(path)) before.set(path, text)
      const places = text.split(find).length - 1
      if (places !== 1) throw new Error(`${file} has ${places} places, and must have one, that read: ${find}`)
      after.set(
        path,
        text.replace(find, () => put),
      )
    }
    const write = async (files: ReadonlyMap<string, string>) => {
      for (const [path, text] of files) await writeFile(path, text)
    }
    await write(after)
    return () => write(before)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

function isLeftOut(path: string): boolean {
  const [, inPackage] = path.split(sep)
  return (inPackage !== undefined && LEFT_OUT.has(inPackage)) || basename(path).startsWith('.vite')
}
