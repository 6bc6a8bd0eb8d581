// A run: the server in one process, those who ask in another, and the edits in this one.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.ts'
import { Control } from './control.ts'
import { type CannonChild, Editor, type EditResult } from './editor.ts'
import type { ServerChild } from './hearing.ts'
import type { Failure, Totals } from './judge.ts'
import { dropTables } from './leavings.ts'
import type { ServerAnswers, ServerNews } from './messages.ts'
import type { LoadOptions } from './options.ts'
import { Random } from './random.ts'
import { Scratch } from './scratch.ts'

export interface LoadResult {
  readonly options: LoadOptions
  readonly edits: readonly EditResult[]
  readonly totals: Totals
  readonly failures: readonly Failure[]
  /** Edits that did not end as they must, and what went wrong otherwise. */
  readonly wrong: readonly string[]
  /** Before and after so many edits of the run, the last ones. */
  readonly memory: {
    readonly edits: number
    readonly before: ServerAnswers['memory']
    readonly after: ServerAnswers['memory']
  }
  /** What the server kept its data in. */
  readonly kind: string
}

/** The server is up by then. */
const START_MS = 60_000
/** Edits until the server is warm: those count as any other, but for its memory. */
const WARM_UP = 0.3
/** How long things go on when something is lost already. */
const MOST_FAILURES = 20

/** Of the server's log, where something went wrong. */
const LAST_LINES = 40

/** @param print gets a line for each thing that goes wrong, and now and then how far it is */
export async function runLoad(options: LoadOptions, print: (line: string) => void): Promise<LoadResult> {
  const scratch = await Scratch.make(options.plugins)
  const password = randomUUID()
  const server: ServerChild = new Child('serve', {
    execArgv: ['--expose-gc'],
    env: {
      LOAD_PLUGINS: scratch.plugins,
      LOAD_CONFIG: scratch.config,
      LOAD_DATA: scratch.data,
      ADMIN_PASSWORD: password,
    },
  })
  const cannon: CannonChild = new Child('cannon')
  try {
    return await course({ options, scratch, password, server, cannon, print })
  } finally {
    await Promise.all([cannon.kill(), server.kill()])
    await Promise.all([scratch.remove(), dropTables(scratch.configuration.schema)])
  }
}

interface Parts {
  readonly options: LoadOptions
  readonly scratch: Scratch
  readonly password: string
  readonly server: ServerChild
  readonly cannon: CannonChild
  readonly print: (line: string) => void
}

async function course({ options, scratch, password, server, cannon, print }: Parts): Promise<LoadResult> {
  const isUp = (news: ServerNews): news is Extract<ServerNews, { news: 'up' }> => news.news === 'up'
  const { address, failed, kind } = await server.hear(isUp, START_MS)
  if (failed.length > 0) throw new Error(`the server did not start: ${failed.join('; ')}`)

  const failures: Failure[] = []
  const wrong: string[] = []
  cannon.events.on('news', ({ failure }) => {
    failures.push(failure)
    const during = failure.edit === undefined ? 'no edit' : `edit ${failure.edit}`
    print(`FAILED in ${during}, after ${failure.afterMs.toFixed(0)} ms: ${failure.kind}: ${failure.wrong}`)
  })
  const last: string[] = []
  server.events.on('line', (line) => {
    if (last.push(line) > LAST_LINES) last.shift()
  })
  cannon.events.on('line', (line) => print(`load: ${line}`))

  const control = new Control(address, 'admin', password)
  const editor = new Editor({ scratch, server, cannon, control, random: new Random(options.seed) })
  await editor.begin()
  await cannon.ask({ ask: 'start', address, password, connections: options.connections })
  const pause = (options.quietSeconds * 1000) / 2
  await cannon.ask({ ask: 'phase', phase: 'without' })
  await sleep(pause)

  const edits: EditResult[] = []
  const memoryFrom = Math.floor(options.edits * WARM_UP)
  let before: ServerAnswers['memory'] | undefined
  await cannon.ask({ ask: 'phase', phase: 'withEdits' })
  for (let number = 1; number <= options.edits && failures.length < MOST_FAILURES; number++) {
    const result = await editor.edit(number)
    edits.push(result)
    if (result.wrong !== undefined) {
      wrong.push(`edit ${number} (${result.row}): ${result.wrong}`)
      print(`WRONG: ${wrong.at(-1)}`)
      for (const why of await server.ask({ ask: 'explain' })) print(`  ${why}`)
      for (const line of last) print(`  server: ${line}`)
      break
    }
    if (number > memoryFrom) before ??= await server.ask({ ask: 'memory' })
    if (number % 50 === 0) print(`${number} of ${options.edits} edits`)
  }
  await cannon.ask({ ask: 'phase', phase: 'without' })
  if (wrong.length === 0) await editor.finish()
  await sleep(pause)
  const totals = await cannon.ask({ ask: 'stop' })
  const after = await server.ask({ ask: 'memory' })
  const { hung } = await server.ask({ ask: 'stop' })
  if (hung.length > 0) wrong.push(`did not end: ${hung.join(', ')}`)
  return {
    options,
    edits,
    totals,
    failures,
    wrong,
    memory: { edits: Math.max(1, edits.length - memoryFrom - 1), before: before ?? after, after },
    kind,
  }
}
