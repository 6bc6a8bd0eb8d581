// What the command line of the soak says.
import { parseArgs } from 'node:util'

/** How long a soak runs, and which one it is. */
export interface SoakOptions {
  /** How many reloads it makes. @default 10000 */
  readonly reloads: number
  /** Decides every edit: the same seed makes the same ones. @default one from the clock, which is printed */
  readonly seed: number
}

/** @throws where something else than `--reloads N` and `--seed S` is asked for */
export function readOptions(args: readonly string[]): SoakOptions {
  // pnpm hands on the `--` that npm takes for itself.
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: { reloads: { type: 'string', default: '10000' }, seed: { type: 'string' } },
  })
  return {
    reloads: wholeNumber('reloads', values.reloads),
    seed: values.seed === undefined ? Date.now() % 1_000_000_007 : wholeNumber('seed', values.seed),
  }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} takes a whole number above 0, and got ${JSON.stringify(text)}.`)
}
