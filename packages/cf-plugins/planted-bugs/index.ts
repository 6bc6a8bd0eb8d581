// Plants each bug in a copy of the workspace, and requires that a test finds it: `npm run planted-bugs`.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BUGS } from './bugs.ts'
import type { PlantedBug, TestFiles } from './planted-bug.ts'
import { isAssertion, runTests, saidBy } from './test-run.ts'
import { WorkspaceCopy } from './workspace-copy.ts'

/** How many copies are worked in side by side. */
const SIDE_BY_SIDE = 2

interface Result {
  readonly bug: string
  readonly found: boolean
  readonly by: string
  readonly seconds: number
}

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } } })
const root = join(import.meta.dirname, '..', '..', '..')
try {
  process.exitCode = await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function main(): Promise<number> {
  if (values.list) {
    for (const { name, what } of BUGS) console.info(`${name}: ${what}`)
    return 0
  }
  const unknown = values.only?.filter((name) => !BUGS.some((bug) => bug.name === name)) ?? []
  if (unknown.length > 0) {
    console.error(
      `There is no planted bug ${unknown.join(', ')}. There are: ${BUGS.map(({ name }) => name).join(', ')}`,
    )
    return 2
  }
  const bugs = BUGS.filter(({ name }) => values.only?.includes(name) ?? true)
  if (!(await passesUnpatched(bugs))) return 1
  const queue = [...bugs]
  const results: Result[] = []
  const work = async () => {
    await using copy = await WorkspaceCopy.of(root)
    for (let bug = queue.shift(); bug; bug = queue.shift()) results.push(await look(copy, bug))
  }
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, bugs.length) }, work))
  show(bugs.flatMap(({ name }) => results.find(({ bug }) => bug === name) ?? []))
  return results.every(({ found }) => found) ? 0 : 1
}

/** A test that fails anyway proves nothing. */
async function passesUnpatched(bugs: readonly PlantedBug[]): Promise<boolean> {
  const files = new Map<string, Set<string>>()
  for (const { foundBy } of bugs) {
    const known = files.get(foundBy.project) ?? new Set<string>()
    for (const file of foundBy.files) known.add(file)
    files.set(foundBy.project, known)
  }
  await using copy = await WorkspaceCopy.of(root)
  // An edit that no longer fits is told before any time is spent.
  for (const { name, edits } of bugs) {
    const takeBack = await copy.plant(edits).catch((error: Error) => {
      throw new Error(`${name} does not fit any more. ${error.message}`)
    })
    await takeBack()
  }
  for (const [project, names] of files) {
    const tests: TestFiles = { project, files: [...names] }
    const { passed, failures, broken, seconds } = await runTests(copy.folder, tests, `unpatched-${project}`)
    console.info(`${project}, without any bug: ${passed} tests in ${seconds.toFixed(1)} s`)
    for (const { title, message } of failures) console.error(`fails without any bug: ${title}\n${message}`)
    for (const text of broken) console.error(text)
    if (failures.length + broken.length > 0 || passed === 0) return false
  }
  return true
}

async function look(copy: WorkspaceCopy, { name, edits, foundBy }: PlantedBug): Promise<Result> {
  const takeBack = await copy.plant(edits)
  try {
    const { failures, broken, seconds } = await runTests(copy.folder, foundBy, name, foundBy.variables)
    const failure = failures.find(isAssertion)
    const missed = `NOT FOUND: ${failures[0]?.message ?? broken[0] ?? 'every test passed'}`.slice(0, 400)
    const by = failure ? `${failure.title}: ${saidBy(failure)}` : missed
    console.info(`${failure ? 'found' : 'MISSED'} ${name} (${seconds.toFixed(1)} s): ${by}`)
    return { bug: name, found: failure !== undefined, by, seconds }
  } finally {
    await takeBack()
  }
}

function show(results: readonly Result[]): void {
  const width = Math.max(...results.map(({ bug }) => bug.length))
  console.info(`\n${'bug'.padEnd(width)}  seconds  found by`)
  for (const { bug, by, seconds } of results) {
    console.info(`${bug.padEnd(width)}  ${seconds.toFixed(1).padStart(7)}  ${by.split('\n')[0]}`)
  }
  const found = results.filter((result) => result.found).length
  console.info(`\n${found} of ${results.length} planted bugs were found.`)
}
