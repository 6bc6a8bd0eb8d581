// Shows a slow start: it takes 400 ms, and nobody waits for it but those that need it. A folder, in JavaScript.
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { definePlugin } from 'cf-plugins'
import { wordsOf } from './words.js'

const NOTES = new URL('./notes/', import.meta.url)

export default definePlugin({
  name: 'search',
  version: '0.3.0',
  description: 'Finds words in notes',
  async setup({ app, signal, hooks }) {
    // As long as a connection, or a much larger index, would take.
    await sleep(400, undefined, { signal })
    /** @type {Map<string, Set<string>>} */
    const index = new Map()
    const files = (await readdir(NOTES)).filter((name) => name.endsWith('.md'))
    for (const name of files) {
      for (const word of wordsOf(await readFile(new URL(name, NOTES), 'utf8'))) {
        index.set(word, (index.get(word) ?? new Set()).add(name))
      }
    }
    /** @param {string} word */
    const find = (word) => [...(index.get(word.toLowerCase()) ?? [])]
    const program = /** @type {import('commander').Command} */ (app)
    program
      .command('find <word>')
      .description('find the notes that have a word')
      .action((word) => console.log(find(word).join('\n') || `no note has "${word}"`))
    hooks.on('status', () => ({ plugin: 'search', line: `${index.size} words in ${files.length} notes` }))
    return { find }
  },
})
