import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { splitWords, wordsForCompletion } from '../src/words.ts'

it.each<[string, string[]]>([
  ['counter  increment --by 2', ['counter', 'increment', '--by', '2']],
  [' greet "Ada  Lovelace" ', ['greet', 'Ada  Lovelace']],
  [`greet 'a "b" \\' c`, ['greet', 'a "b" \\', 'c']],
  [`greet "a \\"b\\" \\x $"`, ['greet', 'a "b" \\x $']],
  ['greet Ada\\ Lovelace', ['greet', 'Ada Lovelace']],
  [`greet '' a""b`, ['greet', '', 'ab']],
  ['', []],
])('%s', (line, words) => {
  expect(splitWords(line)).toMatchObject({ words, isOpen: false })
})

it.each(["greet 'Ada", 'greet "Ada', 'greet Ada\\'])('%s is not finished', (line) => {
  expect(splitWords(line).isOpen).toBe(true)
})

it('the word that is being typed is the last one: an empty one after a space', () => {
  expect(wordsForCompletion('tally cou')).toEqual(['tally', 'cou'])
  expect(wordsForCompletion('tally ')).toEqual(['tally', ''])
  expect(wordsForCompletion('tally "gr')).toEqual(['tally', 'gr'])
  expect(wordsForCompletion('')).toEqual([''])
})

it('takes a line apart as a POSIX shell does', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b c', '"', "'", '\\', ' ', '"x y"', "'z w'"), { maxLength: 12 })
  const lines = fc
    .sample(pieces, 300)
    .map((each) => each.join(''))
    .filter((line) => !splitWords(line).isOpen)
  const script = lines.map((line) => `for word in ${line}\ndo printf '<%s>' "$word"\ndone\necho`).join('\n')
  const expected = execFileSync('sh', ['-c', script], { encoding: 'utf8' })
  const found = lines
    .map(
      (line) =>
        `${splitWords(line)
          .words.map((word) => `<${word}>`)
          .join('')}\n`,
    )
    .join('')
  expect(found).toBe(expected)
})
