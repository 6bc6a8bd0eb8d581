// What a service looks like from another thread.

/**
 * A service of a plugin that runs in a thread, as others see it, and a service of the host as a plugin in a thread sees it: each method is
 * awaited, every other value is a copy from when the service was offered.
 *
 * @example
 * export const Parser = serviceRef<InThread<ParserService>>('parser')
 * const tree = await context.inject(Parser).parse(text)
 */
export type InThread<Service> = {
  readonly [Key in keyof Service]: Service[Key] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : Service[Key]
}
