// What compiles of events, pipelines and callEither, and what must not.
import { type EmitReport, eventRef, type PipelineSteps, pipelineRef, type Undo } from '@cf-plugins/plugin-api'
import { callEither, Pipeline, PipelineError, Pipelines, PluginEvents } from '../src/index.ts'

interface User {
  readonly name: string
  readonly age?: number
}
const Login = eventRef<User>('user.login')
const events = new PluginEvents()

export const undo: Undo = events.on(Login, ({ name }, { payload, parent }) => [name.trim(), payload.age, parent?.id])
export const batched: Undo = events.on(
  Login,
  (users, contexts) => [users.map(({ name }) => name), contexts[0]?.payload.name satisfies string | undefined],
  { batch: { size: 2, waitMs: 5 }, priority: 'low' },
)
export const report: Promise<EmitReport> = events.emit(Login, { name: 'ada' }, { parent: { id: 'a', event: 'b' } })
events.publish(Login, { name: 'ada' })
events.emit('free', 1)

// @ts-expect-error the payload is a user
events.emit(Login, { nome: 'ada' })
// @ts-expect-error the payload is a user
events.publish(Login, 1)
// @ts-expect-error a user has no email
events.on(Login, ({ email }) => email)
// @ts-expect-error without `batch` a handler gets one
events.on(Login, (users) => users.map(({ name }) => name))
// @ts-expect-error a batch takes a time too
events.on(Login, (users: readonly User[]) => users.length, { batch: { size: 2 } })
// @ts-expect-error a parent has an id
events.emit(Login, { name: 'ada' }, { parent: { event: 'x' } })

const Users = pipelineRef<User>('users')
const pipeline = new Pipeline(Users, { merge: (user, parts) => Object.assign({}, user, ...parts) as User })
pipeline.step('sync', (user) => ({ ...user, age: 1 }), { undo: (user, { own }) => [user.name, own.get('x')] })
pipeline.step('async', async (user) => ({ ...user, age: 1 }), { condition: ({ name }) => name !== '' })
pipeline.step('nothing', () => undefined, { before: ['sync'], retry: { attempts: 2 } })
pipeline.step('part', () => ({ age: 1 }), { group: 'facts' })
export const ran: Promise<User> = pipeline.run({ name: 'ada' }, { shared: new Map([['x', 1]]) })
export const steps: PipelineSteps<User> = new Pipelines().get(Users)
export const undone = (error: unknown): readonly string[] => (error instanceof PipelineError ? error.undone : [])

// @ts-expect-error a step gives a user
pipeline.step('wrong', () => 1)
// @ts-expect-error a step gives a whole user
pipeline.step('part', () => ({ age: 1 }))
// @ts-expect-error a part is of a user
pipeline.step('part', () => ({ size: 1 }), { group: 'facts' })
// @ts-expect-error what goes through is a user
pipeline.run('ada')
// @ts-expect-error a step is part of every run
pipeline.step('once', () => undefined, { once: true })
// @ts-expect-error side by side is a group
pipeline.step('parallel', () => undefined, { parallel: true })

export const sync: number | Promise<number> = callEither(
  (a: number) => a,
  [1],
  (n) => n + 1,
)
// @ts-expect-error it may be a promise
export const number: number = callEither(
  (a: number) => a,
  [1],
  (n) => n + 1,
)
callEither(
  (a: number) => a,
  // @ts-expect-error the arguments are those of the function
  ['1'],
  String,
)
