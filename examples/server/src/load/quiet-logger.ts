// What is told of a run: warnings and errors. Each edit is in the table anyway.
import type { Logger } from 'cf-plugins'

export function quietLogger(): Logger {
  const quiet = () => {}
  const loud = (details: string | object, message?: string) =>
    void process.stderr.write(`${message ?? (typeof details === 'string' ? details : JSON.stringify(details))}\n`)
  return { debug: quiet, info: quiet, warn: loud, error: loud }
}
