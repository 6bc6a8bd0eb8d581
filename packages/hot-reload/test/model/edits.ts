// What people and their editors do to a folder.
import { appendFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { type Content, contentOf, HELPER, type Quality } from './content.ts'

/** The files of the model: `b` needs `a`, and `c` imports the helper. */
export const FILES: readonly string[] = ['a.ts', 'b.ts', 'c.ts', HELPER]

/** How a file is saved: at once, or so that a part of it can be read meanwhile. */
export type Way = 'atomic' | 'in place' | 'torn' | 'twice'

/** One edit. Milliseconds. */
export type Edit =
  | {
      readonly kind: 'save'
      readonly file: string
      readonly quality: Quality
      readonly way: Way
      readonly gapMs: number
    }
  | { readonly kind: 'delete'; readonly file: string }
  /** A save while a save of another file is being taken up. */
  | { readonly kind: 'meanwhile'; readonly file: string; readonly other: string }
  /** A checkout of another branch: every file at once. */
  | { readonly kind: 'checkout' }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'tick' | 'settle' }

const of = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds)
const quality: fc.Arbitrary<Quality> = fc.oneof(
  { weight: 5, arbitrary: of('good') },
  { weight: 2, arbitrary: of('slow') },
  { weight: 4, arbitrary: of('syntax', 'import', 'setup', 'health') },
)

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: of('save'),
      file: of(...FILES),
      quality,
      way: of<Way>('atomic', 'in place', 'torn', 'twice'),
      gapMs: fc.integer({ min: 1, max: 90 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: of('delete'), file: of('a.ts', 'b.ts', 'c.ts') }) },
  { weight: 3, arbitrary: fc.record({ kind: of('meanwhile'), file: of('a.ts', 'b.ts', 'c.ts'), other: of(...FILES) }) },
  { weight: 1, arbitrary: fc.record({ kind: of('checkout') }) },
  { weight: 4, arbitrary: fc.record({ kind: of('pause'), ms: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: of('tick') }) },
  { weight: 1, arbitrary: fc.record({ kind: of('settle') }) },
)

/** The files of one run, and what was last saved in each. */
export class EditedFolder {
  readonly path: string
  /** Nothing for a file that is not there. */
  readonly contents = new Map<string, Content>()
  #made = 0

  constructor(path: string) {
    this.path = path
  }

  /** The next content of a file. */
  next(file: string, quality: Quality): Content {
    const content = contentOf(file, ++this.#made, quality)
    this.contents.set(file, content)
    return content
  }

  async save(file: string, quality: Quality, way: Way = 'atomic', gapMs = 0): Promise<void> {
    const path = join(this.path, file)
    if (way === 'twice') {
      await writeFile(path, contentOf(file, ++this.#made, 'good').text)
      await sleep(gapMs)
    }
    const { text } = this.next(file, quality)
    if (way === 'torn') {
      const middle = Math.floor(text.length * (gapMs / 90))
      await writeFile(path, text.slice(0, middle))
      await sleep(gapMs)
      await appendFile(path, text.slice(middle))
    } else if (way === 'atomic') {
      await writeFile(`${path}.tmp`, text)
      await rename(`${path}.tmp`, path)
    } else await writeFile(path, text)
  }

  async remove(file: string): Promise<void> {
    this.contents.delete(file)
    await rm(join(this.path, file), { force: true })
  }
}
