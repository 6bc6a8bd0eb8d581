// The process of one contender: prepares it, and answers requests for samples until it is told to end.
import { calibrate } from '@cf-plugins/bench-harness'
import type { Case, Prepared } from './case.ts'
import type { Answer, Arguments, Mode, Request } from './messages.ts'

/** How long a contender is called before it is measured, in milliseconds. */
const WARMUP_MS = 50
/** A call that takes longer, in milliseconds, has warmed up what it runs, and is a sample by itself. */
const LONG_MS = 500

/** Takes one sample: nanoseconds (or bytes) an operation. */
type Sample = () => number | Promise<number>

const [casesModule, caseId, contenderName, mode] = process.argv.slice(2) as unknown as Arguments

// Nobody is left to answer to.
process.once('disconnect', () => process.exit())

let prepared: Prepared
await answering(async () => {
  const { cases } = (await import(casesModule)) as { cases: readonly Case[] }
  const contender = cases.find(({ id }) => id === caseId)?.contenders[contenderName]
  if (!contender) throw new Error(`There is no contender "${contenderName}" of a case "${caseId}" in ${casesModule}.`)
  prepared = await contender.prepare()
  const sample = await samplerOf(prepared, mode)
  process.on('message', (request: Request) => {
    if (request === 'end') return void end()
    return void answering(async () => ({ kind: 'sample', value: await sample() }))
  })
  return { kind: 'ready' }
})

async function samplerOf(prepared: Prepared, mode: Mode): Promise<Sample> {
  if ('sample' in prepared) {
    if (mode !== 'once') return prepared.sample
    const value = await prepared.sample()
    return () => value
  }
  const { run, before, perCall = 1, check } = prepared
  const oneCall = async (check?: (result: unknown) => unknown) => {
    await before?.()
    const start = process.hrtime.bigint()
    const result = await run()
    const elapsed = Number(process.hrtime.bigint() - start)
    await check?.(result)
    return elapsed / perCall
  }
  if (mode === 'cold') return () => oneCall(check)
  const first = await oneCall(check)
  if (mode === 'once') return () => first
  if (first * perCall > LONG_MS * 1e6) return () => oneCall()
  const timed = await calibrate(contenderName, run, WARMUP_MS, before)
  return async () => (await timed.sample()) / perCall
}

async function answering(work: () => Promise<Answer>): Promise<void> {
  let answer: Answer
  try {
    answer = await work()
  } catch (error) {
    answer = { kind: 'failed', message: messageOf(error) }
  }
  process.send?.(answer)
}

async function end(): Promise<void> {
  try {
    await prepared.end?.()
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = 1
  }
  process.exit()
}

/** With what it was caused by, where the message alone doesn't say so. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const text = `${error.name}: ${error.message}`
  if (!(error.cause instanceof Error) || error.message.includes(error.cause.message)) return text
  return `${text} (${messageOf(error.cause)})`
}
