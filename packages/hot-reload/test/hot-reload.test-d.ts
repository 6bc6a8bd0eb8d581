// What the types say, checked by tsc.
import { expectTypeOf } from 'vitest'
import { HotReloader, type HotReloaderOptions, type ReloadPlan, type ReloadReport } from '../src/index.ts'

const reloader = new HotReloader({ app: { routes: [] as string[] }, shared: 5 })
expectTypeOf(reloader).toEqualTypeOf<HotReloader<{ routes: string[] }, number>>()
expectTypeOf(reloader.reloadPlugin('a')).resolves.toEqualTypeOf<ReloadReport>()
expectTypeOf(reloader.explain('a').text).toBeString()
expectTypeOf<ReloadReport['outcome']>().toEqualTypeOf<
  'committed' | 'kept' | 'rolled-back' | 'failed' | 'nothing' | 'accepted'
>()
expectTypeOf<Parameters<NonNullable<HotReloaderOptions['beforeReload']>>>().toEqualTypeOf<[plan: ReloadPlan]>()

new HotReloader({
  app: { routes: [] as string[] },
  scopeApp: (app) => {
    expectTypeOf(app).toEqualTypeOf<{ routes: string[] }>()
    return { view: app, commit: () => {}, dispose: () => {} }
  },
})
// @ts-expect-error: a name, not a list
void reloader.reloadPlugin(['a'])
// @ts-expect-error: milliseconds, not text
new HotReloader({ debounceMs: '60' })
