// A parser: sync and slow, as parsers are. The line that says `execution` is all that keeps it from blocking the server.
import { readFileSync } from 'node:fs'
import { parse } from 'acorn'
import { definePlugin } from 'cf-plugins'
import { Outline } from './_outline.ts'

export default definePlugin({
  name: 'parser',
  version: '1.0.0',
  execution: 'worker',
  worker: { heapMb: 1024 },
  setup({ hooks }) {
    hooks.on(Outline, (file) => {
      const text = readFileSync(file, 'utf8')
      const { body } = parse(text, { ecmaVersion: 'latest' })
      return { bytes: Buffer.byteLength(text), statements: body.length }
    })
  },
})
