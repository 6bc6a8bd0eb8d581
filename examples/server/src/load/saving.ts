// The ways in which editors and other programs save a file.
import { createHash } from 'node:crypto'
import { open, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

/** `atomic`: written beside its place and renamed into it. `torn`: emptied, and then written in two pieces. */
type Style = 'atomic' | 'plain' | 'torn'

export async function save(file: string, text: string, random: Random): Promise<void> {
  const style = random.weighted<Style>([
    ['atomic', 8],
    ['plain', 3],
    ['torn', 1],
  ])
  if (style === 'atomic') {
    const draft = join(dirname(file), `.${basename(file)}.draft`)
    await writeFile(draft, text)
    await rename(draft, file)
  } else if (style === 'plain') await writeFile(file, text)
  else {
    const handle = await open(file, 'w')
    try {
      const half = Math.floor(text.length / 2)
      await handle.write(text.slice(0, half))
      await sleep(20)
      await handle.write(text.slice(half))
    } finally {
      await handle.close()
    }
  }
}

/** What a reload's report calls a content. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
