// A line as a person types it, in words: quotes and backslashes as a POSIX shell has them, and nothing else of a shell.

/** The words of a line. */
export interface Words {
  /** What it says, without quotes. */
  readonly words: readonly string[]
  /** Whether a quote is open at its end, or a backslash has nothing after it. */
  readonly isOpen: boolean
  /** Whether something has begun that goes on where the line ends. */
  readonly isInWord: boolean
}

/** Takes a line apart. */
export function splitWords(line: string): Words {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  let isEscaped = false
  for (const letter of line) {
    if (isEscaped) {
      // Between double quotes a backslash is itself where there is nothing to protect.
      word = (word ?? '') + (quote === '"' && !'"\\$`'.includes(letter) ? '\\' : '') + letter
      isEscaped = false
    } else if (letter === '\\' && quote !== "'") {
      isEscaped = true
    } else if (quote !== '') {
      if (letter === quote) quote = ''
      else word += letter
    } else if (letter === '"' || letter === "'") {
      quote = letter
      word ??= ''
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + letter
  }
  const isInWord = word !== undefined || isEscaped
  if (word !== undefined) words.push(word)
  return { words, isOpen: quote !== '' || isEscaped, isInWord }
}

/** The last word of a line, which is where it will go on; empty after a space. */
export function wordsForCompletion(line: string): readonly string[] {
  const { words, isInWord } = splitWords(line)
  return isInWord ? words : [...words, '']
}
