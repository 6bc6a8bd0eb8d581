// What the README has its reader do, step by step.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A step: the heading's number, and what stands under it, in order. */
export interface ReadmeStep {
  readonly number: number
  /** Files to save, by their names in the folder. */
  readonly files: ReadonlyMap<string, string>
  /** Commands to run, without their comments. */
  readonly commands: readonly string[]
  /** Lines that are to be seen then, in this order. */
  readonly output: readonly string[]
}

/** The steps of the README's ten minutes. */
export async function readmeSteps(): Promise<readonly ReadmeStep[]> {
  const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
  const path = /^## Ten minutes\n(.*?)^## /ms.exec(readme)?.[1] ?? ''
  return [...path.matchAll(/^### (\d+)\. .*?\n(.*?)(?=^### )/gms)].map(([, number, text = '']) =>
    stepOf(Number(number), text),
  )
}

/** Every file as the reader has it in the end. */
export function filesInTheEnd(steps: readonly ReadmeStep[]): ReadonlyMap<string, string> {
  return new Map(steps.flatMap(({ files }) => [...files]))
}

function stepOf(number: number, text: string): ReadmeStep {
  const files = new Map<string, string>()
  const commands: string[] = []
  const output: string[] = []
  for (const [, language, name, block = ''] of text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)) {
    const lines = block.trimEnd().split('\n')
    if (name !== undefined) files.set(name, block)
    else if (language === 'sh') commands.push(...lines.map((line) => line.replace(/\s+#.*/, '')))
    else if (language === 'text') output.push(...lines)
    else throw new Error(`Step ${number} of the README has a block that nobody knows what to do with: ${language}`)
  }
  return { number, files, commands, output }
}
