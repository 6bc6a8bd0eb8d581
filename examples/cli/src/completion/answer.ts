// The answer to a press of Tab. Where nothing has changed since the plugins last ran, none of them is loaded.
import { placesOf } from '../places.ts'
import { wordsForCompletion } from '../words.ts'
import { candidatesFor } from './candidates.ts'
import { fingerprintOf, readSnapshot } from './snapshot.ts'

/** Where the words of a shell come from: bash gives the line, the others give words. */
export async function answerShell([shell, ...given]: readonly string[]): Promise<number> {
  const [line = '', point = '', breaks = ''] = given
  const words = shell === 'bash' ? wordsForCompletion([...line].slice(0, Number(point)).join('')).slice(1) : given
  const places = placesOf(placesIn(words))
  const fingerprint = fingerprintOf(places)
  let snapshot = readSnapshot(places)
  if (snapshot?.fingerprint !== fingerprint) snapshot = await (await import('./refresh.ts')).refreshed(places)
  const { words: candidates, files } = candidatesFor(snapshot.tree, words)
  const shown = candidates.map(({ value, description }) =>
    shell === 'bash' ? quoted(afterBreak(value, words.at(-1) ?? '', breaks)) : `${value}\t${description}`,
  )
  process.stdout.write([files ? 'files' : 'words', ...shown, ''].join('\n'))
  return 0
}

/** The places that the words name, before any command. */
function placesIn(words: readonly string[]): Record<'data' | 'plugins' | 'config', string | undefined> {
  const named = (name: string) => {
    const at = words.indexOf(`--${name}`)
    const joined = words.find((word) => word.startsWith(`--${name}=`))
    return (
      joined?.slice(name.length + 3) ??
      (at < 0 ? undefined : words[at + 1]) ??
      process.env[`TALLY_${name.toUpperCase()}`]
    )
  }
  return { data: named('data'), plugins: named('plugins'), config: named('config') }
}

/** Bash replaces only what stands after the last `=` or `:` of what was typed. */
function afterBreak(value: string, typed: string, breaks: string): string {
  const at = Math.max(...[...'=:'].filter((mark) => breaks.includes(mark)).map((mark) => typed.lastIndexOf(mark)), -1)
  return value.slice(at + 1)
}

/** As a word of bash. */
function quoted(word: string): string {
  return word.replaceAll(/[^\w@%+=:,./-]/g, '\\$&')
}
