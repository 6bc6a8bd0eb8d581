// What is on disk from an older version of the loader is never run by a newer one.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { prepare } from '../src/prepare.ts'
import { moduleGraphs } from './module-graphs.ts'

test('whoever changes what the rewriter writes raises the format of the cache', () => {
  const output = Object.values(moduleGraphs).flatMap((files) =>
    Object.entries(files)
      .filter(([name]) => name.endsWith('.mjs') || name.endsWith('.cjs'))
      .map(([file, text]) =>
        prepare({ text, system: file.endsWith('.cjs') ? 'commonjs' : 'esm', file, url: `file:///${file}` }),
      ),
  )
  const format = /const FORMAT = (\d+)/.exec(
    readFileSync(`${import.meta.dirname}/../src/compile-cache.ts`, 'utf8'),
  )?.[1]
  const hash = createHash('sha256').update(JSON.stringify(output)).digest('hex').slice(0, 12)
  // If the hash differs, and the graphs are the same: raise FORMAT, and write both here.
  expect({ format, hash }).toEqual({ format: '5', hash: '8a44e3af653c' })
})
