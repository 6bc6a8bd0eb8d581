// What compiles of typed hooks, and what must not.
import { type ContextHooks, hookRef } from '@cf-plugins/plugin-api'
import { expectTypeOf } from 'vitest'
import { type HandlerView, PluginHooks, type SettledHandler } from '../src/index.ts'

interface Page {
  readonly name: string
}

const Names = hookRef.series<(page: Page) => string>('names')
const Loads = hookRef.parallel<(page: Page) => Promise<number>>('loads')
const Title = hookRef.waterfall<(title: string, page: Page) => string>('title', { args: 2, historic: 10 })
const Guard = hookRef.bail<(user: string) => boolean>('guard')
const Fetch = hookRef.wrap<(url: string) => Page>('fetch', { timeoutMs: 500 })

const hooks = new PluginHooks({ host: 'main', policy: { failures: 3, action: 'switch-off' } })
declare const context: ContextHooks
declare const page: Page

// Handlers are typed by the reference, sync or async as they come.
hooks.on(Names, (each) => each.name)
hooks.on(Names, async (each) => each.name, { parallel: true, retry: { attempts: 2 } })
hooks.on(Loads, () => 1)
hooks.on(Title, (title, each) => `${title} of ${each.name}`, { before: 'audit', after: ['a', 'b'] })
hooks.on(Title, () => undefined)
hooks.on(Guard, async (user) => (user === 'ada' ? true : undefined))
hooks.on(Fetch, async (next, url) => ({ name: (await next(url)).name }), { ignoreErrors: true })
hooks.on(Fetch, (next, url) => next(url))
context.on(Fetch, (next, url) => next(url))

// And so are results.
expectTypeOf(hooks.call(Names, page)).toEqualTypeOf<Promise<string[]>>()
expectTypeOf(hooks.call(Loads, page)).toEqualTypeOf<Promise<number[]>>()
expectTypeOf(hooks.call(Title, 'home', page)).toEqualTypeOf<Promise<string>>()
expectTypeOf(hooks.call(Guard, 'ada')).toEqualTypeOf<Promise<boolean | undefined>>()
expectTypeOf(hooks.call(Fetch, async () => page, 'x')).toEqualTypeOf<Promise<Page>>()
expectTypeOf(hooks.call('any', 1, 'two')).toEqualTypeOf<Promise<unknown[]>>()
expectTypeOf(hooks.callSync(Title, 'home', page)).toEqualTypeOf<string>()
expectTypeOf(hooks.callSync(Fetch, () => page, 'x')).toEqualTypeOf<Page>()
expectTypeOf(context.callSync(Guard, 'ada')).toEqualTypeOf<boolean | undefined>()
const settled = await hooks.callSettled(Title, 'home', page)
expectTypeOf(settled.value).toEqualTypeOf<string>()
expectTypeOf(settled.results).toEqualTypeOf<readonly SettledHandler[]>()
expectTypeOf((await hooks.callSettled(Fetch, () => page, 'x')).value).toEqualTypeOf<Page | undefined>()
expectTypeOf(hooks.handlers(Title)).toEqualTypeOf<readonly HandlerView[]>()
hooks.declare(Title)

// @ts-expect-error a handler of names gives a string
hooks.on(Names, () => 1)
// @ts-expect-error and cannot leave it out, for every answer is among the results
hooks.on(Names, () => undefined)
// @ts-expect-error a page has no such member
hooks.on(Names, (each) => each.title)
// @ts-expect-error the title is a string
hooks.on(Title, (title: number) => String(title))
// @ts-expect-error an async handler's result is of the same type
hooks.on(Title, async () => 1)
// @ts-expect-error a guard says yes or no
hooks.on(Guard, () => 'yes')
// @ts-expect-error what a handler wraps comes first
hooks.on(Fetch, (url: string) => ({ name: url }))
// @ts-expect-error next takes what the hook does
hooks.on(Fetch, (next) => next(1))
// @ts-expect-error next may be async, so its result must be awaited
hooks.on(Fetch, (next, url) => ({ name: next(url).name }))
// @ts-expect-error a page is missing
hooks.call(Title, 'home')
// @ts-expect-error the first argument is a string
hooks.call(Title, page, page)
// @ts-expect-error nothing comes after the last argument
hooks.call(Guard, 'ada', 1)
// @ts-expect-error the caller's own function is missing
hooks.call(Fetch, 'x')
// @ts-expect-error the caller's own function gives a page
hooks.call(Fetch, () => 'page', 'x')
// @ts-expect-error callSync cannot wait for the caller's own function
hooks.callSync(Fetch, async () => page, 'x')
// @ts-expect-error a guard may have no answer
export const isAllowed: boolean = hooks.callSync(Guard, 'ada')
// @ts-expect-error a waterfall gives one result
export const titles: string[] = hooks.callSync(Title, 'home', page)
// @ts-expect-error a series gives all of them
export const name: string = hooks.callSync(Names, page)
// @ts-expect-error batches are for events
hooks.on(Names, (each) => each.name, { batch: { size: 2, waitMs: 5 } })
// @ts-expect-error a retry says how often
hooks.on(Names, (each) => each.name, { retry: {} })
// @ts-expect-error no such action
new PluginHooks({ policy: { action: 'kill' } })
// @ts-expect-error no such option of a hook
hookRef.series<() => void>('x', { priority: 'high' })
