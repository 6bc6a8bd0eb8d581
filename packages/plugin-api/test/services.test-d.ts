// Services as plugins ask for them and offer them: what must compile, and what must not. Checked by tsc alone.
import { expectTypeOf } from 'vitest'
import { accessOf, type PermissionKind, permits } from '../src/host.ts'
import {
  BasePlugin,
  inject,
  type PluginContext,
  type PluginMeta,
  type ServiceConsumer,
  serviceRef,
} from '../src/index.ts'

interface Mailer {
  send(to: string): number
}
const Mail = serviceRef<Mailer>('mail')
const Clock = serviceRef<() => number>('clock')

export function consume({ inject }: PluginContext) {
  expectTypeOf(inject(Mail)).toEqualTypeOf<Mailer>()
  expectTypeOf(inject(Mail, { all: true })).toEqualTypeOf<readonly Mailer[]>()
  expectTypeOf(inject('mail', { all: true })).toEqualTypeOf<readonly unknown[]>()
  expectTypeOf(inject('mail', { optional: true })).toEqualTypeOf<unknown>()
  inject(Mail, { optional: true })?.send('a')

  // @ts-expect-error an optional service may not be there
  inject(Mail, { optional: true }).send('a')
  // @ts-expect-error what is there by name alone is unknown
  inject('mail').send('a')
  // @ts-expect-error all of them are a list
  inject(Mail, { all: true }).send('a')
  // @ts-expect-error nobody changes the list
  inject(Mail, { all: true }).push({ send: () => 1 })
  // @ts-expect-error none is how it is when all are asked for and nobody is there
  inject(Mail, { all: true, optional: true })
  // @ts-expect-error a mailer is no clock
  export_(inject(Clock))
  // @ts-expect-error a name or a reference
  inject(7)
  // @ts-expect-error a mistake in an option
  inject(Mail, { optinal: true })
}

const export_ = (mailer: Mailer) => mailer

export function offer({ provide }: PluginContext) {
  expectTypeOf(provide(Mail, { send: (to) => to.length })).toEqualTypeOf<() => void>()
  provide('mail', 7)
  // What is a function itself is offered as it is.
  provide(Clock, () => 1)
  provide(
    Mail,
    (consumer) => {
      expectTypeOf(consumer).toEqualTypeOf<ServiceConsumer>()
      expectTypeOf(consumer.signal).toEqualTypeOf<AbortSignal>()
      return { send: (to) => to.length }
    },
    { scope: 'plugin' },
  )
  provide(Clock, () => () => 1, { scope: 'plugin' })

  // @ts-expect-error it is no mailer
  provide(Mail, { send: 7 })
  // @ts-expect-error it is less than a mailer
  provide(Mail, {})
  // @ts-expect-error nor is what might be one
  provide(Mail, {} as unknown)
  // @ts-expect-error what makes one is no mailer, without its scope
  provide(Mail, () => ({ send: () => 1 }))
  // @ts-expect-error one for each plugin must be made
  provide(Mail, { send: () => 1 }, { scope: 'plugin' })
  // @ts-expect-error it makes no mailer
  provide(Mail, () => 7, { scope: 'plugin' })
  // @ts-expect-error a mailer that is promised is no mailer
  provide(Mail, async () => ({ send: () => 1 }), { scope: 'plugin' })
  // @ts-expect-error there is no such scope
  provide(Mail, () => ({ send: () => 1 }), { scope: 'request' })
}

export class Injected extends BasePlugin {
  @inject(Mail) accessor mail!: Mailer
  @inject(Mail, { optional: true }) accessor maybe: Mailer | undefined
  @inject(Mail, { all: true }) accessor mailers!: readonly Mailer[]
  @inject('mail', { all: true }) accessor named!: readonly Mailer[]

  // @ts-expect-error a mailer is no clock
  @inject(Mail) accessor wrong!: () => number
  // @ts-expect-error an optional one may not be there
  @inject(Mail, { optional: true }) accessor sure!: Mailer
  // @ts-expect-error all of them are a list
  @inject(Mail, { all: true }) accessor one!: Mailer
  // @ts-expect-error nobody changes the list
  @inject(Mail, { all: true }) accessor list!: Mailer[]
}

export const collecting = { name: 'a', version: '1.0.0', collects: ['mail'] } satisfies PluginMeta
// @ts-expect-error services are named
export const wrongly = { name: 'a', version: '1.0.0', collects: { mail: true } } satisfies PluginMeta

export function guarded(context: PluginContext) {
  accessOf(context).allow('resource', 'reports/2024')
  expectTypeOf(accessOf(context).may('event', 'user.*')).toEqualTypeOf<boolean>()
  expectTypeOf<'emit'>().toExtend<PermissionKind>()
  // @ts-expect-error there is no such kind
  permits(['service:mail'], 'services', 'mail')
}
