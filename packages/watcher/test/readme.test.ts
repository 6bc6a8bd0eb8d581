// The README's example runs, and its table tells every error.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WatcherErrorCodes } from '../src/index.ts'
import { runScript } from './watching.ts'

const home = join(import.meta.dirname, '..')
const readme = readFileSync(join(home, 'README.md'), 'utf8')

test('the example runs as it stands, and its process ends by itself', () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  expect(code).toContain('@cf-plugins/watcher')
  // Inside the package, so that it finds the package by its name; not in node_modules, where no name leads out.
  const folder = join(home, '.cf-plugins')
  mkdirSync(folder, { recursive: true })
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const example = join(folder, 'readme.mts')
  writeFileSync(example, code)
  expect(runScript(example)).toBe('')
})

test('the table names every error code and no other', () => {
  const named = [...readme.matchAll(/^\| `(CFP_\w+)`/gm)].map(([, code]) => code)
  expect(named.sort()).toEqual(Object.keys(WatcherErrorCodes).sort())
})
