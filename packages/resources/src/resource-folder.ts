// The one folder that resources are in: made when it is needed, and the same one ever after.
import { lstat, readdir, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isSystemError, resourceError } from './resource-error.ts'
import { cleanUp } from './succession.ts'
import { makeFolder } from './whole-file.ts'

/** A folder by its path. */
export class ResourceFolder {
  /** Absolute. */
  readonly path: string
  #real: string | undefined
  #cleaning: Promise<void> | undefined

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** Its real path, checked each time: links that are laid on the way to it later lead nowhere. @throws `CFP_RESOURCE_FOLDER` */
  async open(): Promise<string> {
    let real: string
    try {
      real = await this.#realPath()
    } catch (error) {
      if (!isSystemError(error, 'ENOTDIR', 'EEXIST', 'EACCES', 'EPERM', 'ELOOP', 'EROFS')) throw error
      throw resourceError(
        'CFP_RESOURCE_FOLDER',
        `The folder of resources cannot be used: ${this.path} ${whyOf(error)}.`,
        {
          file: this.path,
          cause: error,
        },
      )
    }
    this.#real ??= real
    if (real !== this.#real) {
      const message = `The folder of resources was ${this.#real} when it was first used, and ${this.path} now leads to ${real}. Nothing was read or written there.`
      throw resourceError('CFP_RESOURCE_FOLDER', message, { file: this.path })
    }
    // Beside the first operation: nothing depends on it.
    this.#cleaning ??= clean(real)
    return real
  }

  /** Resolves when nothing is going on in the background. */
  async atRest(): Promise<void> {
    await this.#cleaning
  }

  async #realPath(): Promise<string> {
    const real = await realpath(this.path).catch(async (error) => {
      if (!isSystemError(error, 'ENOENT')) throw error
      await makeFolder(this.path)
      return realpath(this.path)
    })
    if (!(await lstat(real)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
    return real
  }
}

async function clean(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) if (name.startsWith('.')) await cleanUp(folder, name)
  } catch {
    // Another process may have been faster, and what is left over harms nobody.
  }
}

function whyOf(error: unknown): string {
  return isSystemError(error, 'ENOTDIR', 'EEXIST') ? 'is no folder' : `gives ${(error as NodeJS.ErrnoException).code}`
}
