// What it costs not to ask whether a function is sync or async, and a run of a pipeline made of such functions: ten steps, 50
// functions in rotation so that no call site knows its target.
import { compare } from '@cf-plugins/bench-harness'
import { callEither, Pipeline, Pipelines } from '@cf-plugins/hooks'

const FUNCTIONS = Array.from({ length: 50 }, (_, index) => {
  // Made apart, as those of 50 authors are: of one literal, an engine would inline them all.
  const make = [
    () => (value: number) => value + index,
    () => (value: number) => value - index,
    () => (value: number) => value ^ index,
    () => (value: number) => value | index,
    () => (value: number) => value & (index + 65_535),
  ]
  return (make[index % make.length] as () => (value: number) => number)()
})

let at = 0
const next = () => {
  at = at === FUNCTIONS.length - 1 ? 0 : at + 1
  return FUNCTIONS[at] as (value: number) => number
}

const sum = { total: 0 }
const done = (value: number) => {
  sum.total += value
}
const failed = (error: unknown) => {
  throw error
}

await compare(
  'one call of a sync function that might be async, and going on with what it gives',
  {
    callEither: () => callEither(next(), [1], done),
    'callEither, with what is thrown': () => callEither(next(), [1], done, failed),
    'direct call': () => done(next()(1)),
    await: async () => done(await next()(1)),
  },
  {
    goals: [
      { of: 'callEither', against: 'direct call', atMost: 2.2 },
      { of: 'callEither', against: 'await', atMost: 0.2 },
    ],
  },
)

const STEPS = FUNCTIONS.slice(0, 10)
const alone = new Pipeline<number>('alone')
const undoable = new Pipeline<number>('undoable')
const hosted = new Pipelines()
let inFlight = 0
const gate = {
  closed: false,
  enter: () => {
    inFlight++
  },
  leave: () => {
    inFlight--
  },
  park: () => Promise.reject(new Error(`never closed; ${inFlight} in flight`)),
}
const stage = hosted.stage({ name: 'plugin', rank: 1, gate })
for (const [index, step] of STEPS.entries()) {
  alone.step(`step-${index}`, step)
  undoable.step(`step-${index}`, step, { undo: () => undefined })
  stage.on('hosted', `step-${index}`, step)
}
stage.commit()

await compare(
  'a run of 10 sync steps',
  {
    'pipeline.run': () => alone.run(1),
    'pipeline.run, each with an undo': () => undoable.run(1),
    'pipelines.runAs, steps of a plugin': () => hosted.runAs('host', 'hosted', 1),
    'await loop': async () => {
      let value = 1
      for (const step of STEPS) value = await step(value)
      return value
    },
    'loop by hand': async () => {
      let value = 1
      for (const step of STEPS) value = step(value)
      return value
    },
  },
  {
    goals: [{ of: 'pipeline.run', against: 'await loop', atMost: 0.5, why: 'isolation and a context a step included' }],
  },
)
