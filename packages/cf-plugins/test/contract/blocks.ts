// The programs of the contract, taken out of it and completed where it leaves something out.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A program of the contract: which block it is, and what it leaves to the reader. */
export interface Program {
  /** A text that stands in this block and in no other. */
  readonly marked: string
  /** What the block takes for granted. */
  readonly before?: string
  /** What stands for each of its ellipses: every one must be there, exactly once. */
  readonly completed?: Readonly<Record<string, string>>
  readonly after?: string
}

/** The code blocks of the contract, without their indentation. */
export async function contractBlocks(): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, 'contract.md'), 'utf8')
  return [...text.matchAll(/^( *)```\w*\n(.*?)^ *```$/gms)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

/** The block as a whole program. */
export function programOf(
  blocks: readonly string[],
  { marked, before = '', completed = {}, after = '' }: Program,
): string {
  const [block, ...others] = blocks.filter((each) => each.includes(marked))
  if (block === undefined || others.length > 0) throw new Error(`${others.length + 1} blocks have ${marked}`)
  let program = block
  for (const [left, stands] of Object.entries(completed)) {
    if (program.split(left).length !== 2) throw new Error(`${JSON.stringify(left)} does not stand once in the block`)
    program = program.replace(left, () => stands)
  }
  return `${before}${program}${after}`
}
