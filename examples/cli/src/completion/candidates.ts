// What may be typed next on a command line.
import type { CommandTree, OptionTree, ValueTree } from './command-tree.ts'

/** One of the words that may come next. */
export interface Candidate {
  readonly value: string
  readonly description: string
}

/** All of them that begin as the last word does. */
export interface Candidates {
  readonly words: readonly Candidate[]
  /** Whether the name of a file may come, too. */
  readonly files: boolean
}

const NOTHING: Candidates = { words: [], files: false }
/** A value that has such a name is that of a file. */
const FILE = /file|folder|path|tarball/i

/** What the last of `words` may become; the program's own name is not among them. */
export function candidatesFor(tree: CommandTree, words: readonly string[]): Candidates {
  const last = words.at(-1) ?? ''
  const { command, operands, used, awaited, isOver } = walk(tree, words.slice(0, -1))
  if (awaited) return beginningWith(last, ofValue(awaited))
  if (last.startsWith('-') && !isOver) return optionsOf(command, last, used)
  const names = operands.length > 0 ? [] : commandsOf(command, last)
  const argument = command.arguments[operands.length] ?? command.arguments.findLast(({ isVariadic }) => isVariadic)
  const { words: values, files } = argument ? ofValue(argument) : NOTHING
  return beginningWith(last, { words: [...names, ...values], files })
}

/** Where a command line has come to before its last word. */
interface Position {
  readonly command: CommandTree
  readonly operands: readonly string[]
  readonly used: ReadonlySet<OptionTree>
  /** What an option that came last still needs. */
  readonly awaited: ValueTree | undefined
  /** Whether `--` has said that no option follows. */
  readonly isOver: boolean
}

function walk(tree: CommandTree, words: readonly string[]): Position {
  let command = tree
  let operands: string[] = []
  let awaited: OptionTree['value']
  let isOver = false
  const used = new Set<OptionTree>()
  for (const word of words) {
    const isOption = !isOver && word.length > 1 && word.startsWith('-')
    if (awaited && (!isOption || !awaited.isOptional)) {
      // One that takes several goes on until the next option.
      if (!awaited.isVariadic) awaited = undefined
      continue
    }
    awaited = undefined
    if (isOption) {
      const [name = ''] = word.split('=')
      const option = command.options.find(({ names }) => names.includes(name))
      if (word === '--') isOver = true
      if (option) used.add(option)
      if (!word.includes('=')) awaited = option?.value
      continue
    }
    const next = operands.length > 0 ? undefined : command.commands.find(({ names }) => names.includes(word))
    if (!next) operands.push(word)
    else {
      command = next
      operands = []
    }
  }
  return { command, operands, used, awaited, isOver }
}

/** Commands by their names; by an alias where it is what was begun, and no name was. */
function commandsOf({ commands }: CommandTree, last: string): Candidate[] {
  const all = commands.map(namesOf)
  const names = all.flatMap((each) => each.slice(0, 1))
  return names.some(({ value }) => value.startsWith(last)) ? names : all.flat()
}

function optionsOf(command: CommandTree, last: string, used: ReadonlySet<OptionTree>): Candidates {
  const at = last.indexOf('=')
  if (at >= 0) {
    const value = command.options.find(({ names }) => names.includes(last.slice(0, at)))?.value
    if (!value) return NOTHING
    const { words, files } = ofValue(value)
    return beginningWith(last, {
      words: words.map((each) => ({ ...each, value: last.slice(0, at + 1) + each.value })),
      files,
    })
  }
  const isOpen = (option: OptionTree) => !used.has(option) || option.value?.isVariadic === true
  return beginningWith(last, { words: command.options.filter(isOpen).flatMap(namesOf), files: false })
}

function ofValue({ name, choices }: ValueTree): Candidates {
  const words = choices.map((value) => ({ value, description: '' }))
  return { words, files: choices.length === 0 && FILE.test(name) }
}

function namesOf({ names, description }: CommandTree | OptionTree): Candidate[] {
  return names.map((value) => ({ value, description }))
}

function beginningWith(last: string, { words, files }: Candidates): Candidates {
  return { words: words.filter(({ value }) => value.startsWith(last)), files }
}
