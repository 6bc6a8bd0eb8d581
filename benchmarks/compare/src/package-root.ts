// Where this package is, whether it runs built or from source: for files that are no part of the bundle.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of this package. Of programs and threads named `*-child.ts`, `*-thread.ts` or `*-program.ts` there is a built file each, `dist/cases/…/*-child.js`. */
export const packageRoot = above(import.meta.dirname)

function above(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : above(dirname(folder))
}
