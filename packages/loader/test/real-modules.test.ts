// The rewriter takes the ES modules that are really published, and keeps each token on its line.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { evaluateSource } from '../src/evaluate-source.ts'
import { parseModule } from '../src/parse.ts'
import { Positions } from '../src/positions.ts'
import { rewriteModule } from '../src/rewrite.ts'
import { TypeScriptTransform } from '../src/transform.ts'

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/
const LARGEST = 30_000
const store = join(import.meta.dirname, '../../../node_modules/.pnpm')

/** A few files a package, so that many authors and compilers are among them. */
function* publishedModules(limit: number): Generator<string> {
  const seen = new Set<string>()
  let left = limit
  for (const entry of readdirSync(store).sort()) {
    const name = /^(?:@[^+]+\+)?[^@]+/.exec(entry)?.[0].replace('+', '/') ?? ''
    const folder = join(store, entry, 'node_modules', name)
    if (!existsSync(folder) || seen.has(name)) continue
    seen.add(name)
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    let found = 0
    for (const one of names.filter((each) => /\.m?js$/.test(each)).sort()) {
      if (found >= 12) break
      const file = join(folder, one)
      const text = readText(file)
      if (text === undefined || text.length > LARGEST || !/^\s*(?:import|export)\b/m.test(text)) continue
      found++
      yield file
      if (--left === 0) return
    }
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** The first line, from 1, that is not what it was, though nothing had to be rewritten in it. */
function firstOtherLine(before: string, after: string): number | undefined {
  const lines = before.split(LINE_BREAK)
  // The last line is the loader's; what follows the last token in the file is gone.
  const out = after.split(LINE_BREAK).slice(0, -1)
  for (const [index, line] of out.entries()) {
    if (index === 0 || line.includes('__cf') || /^[;\s]*$/.test(line)) continue
    const expected = lines[index] ?? ''
    // Where a default export ended.
    if (line.replace('};', '') === expected) continue
    if (index === out.length - 1 ? !expected.startsWith(line.trimEnd()) : line !== expected) {
      if (!/\b(?:export|import)\b/.test(expected)) return index + 1
    }
  }
  return undefined
}

test('every published ES module compiles, and what is not rewritten stays on its line', () => {
  let compiled = 0
  const failed: string[] = []
  for (const file of publishedModules(400)) {
    const code = readFileSync(file, 'utf8')
    try {
      const positions = new Positions(code)
      const parsed = parseModule(code, 'detect', file, positions)
      if (parsed.kind !== 'esm') continue
      const { module } = rewriteModule({ code, ...parsed, positions })
      evaluateSource(module.code, `file://${file}`)
      const other = firstOtherLine(code, module.code)
      if (other !== undefined) failed.push(`${file}:${other}: another line`)
      compiled++
    } catch (error) {
      failed.push(`${file}: ${(error as Error).message}`)
    }
  }
  console.info(`${compiled} published ES modules compiled`)
  expect(failed).toEqual([])
  expect(compiled).toBeGreaterThan(300)
})

test('this package itself, as TypeScript, compiles with every statement on its line', async () => {
  const folder = join(import.meta.dirname, '../src')
  const transform = new TypeScriptTransform()
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    const module = await transform.run(text, file, ({ code, mappings }) => {
      const positions = new Positions(code, mappings)
      const parsed = parseModule(code, 'esm', file, positions)
      return rewriteModule({ code, ...parsed, positions }).module
    })
    evaluateSource(module.code, `file://${file}`)
    const lines = text.split('\n')
    const out = module.code.split('\n')
    // A string literal that stands alone on its line in the file stands on that line in what runs.
    for (const [index, line] of lines.entries()) {
      const literal = /^ {2,}(?:return|throw new \w+\()? ?'([A-Z][^'\\]{6,})'/.exec(line)?.[1]
      if (literal) expect(out[index], `${name}:${index + 1}`).toContain(literal)
    }
  }
})
