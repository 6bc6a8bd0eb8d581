// How messages print a file.
import { isAbsolute, relative } from 'node:path'

/** The path of a file as people read it: short where it is in the working directory, whole where it is not. */
export function shownFile(file: string): string {
  try {
    const near = relative(process.cwd(), file)
    return near.startsWith('..') || isAbsolute(near) ? file : near
  } catch {
    // The working directory may have been removed.
    return file
  }
}
