// Names as they should be: one kind of apostrophe, one blank between words, one form of each letter.
import { type Batch, type Place, Prepare } from './_shared/batch.ts'
import { definePlugin } from './_shared/host.ts'
import { addStep } from './_shared/ways.ts'

const MENDS: readonly (readonly [what: string, mend: (name: string) => string])[] = [
  ['apostrophes', (name) => name.replace(/[`´‘ʻʼ]/g, '’')],
  ['blanks', (name) => name.trim().replace(/\s+/g, ' ')],
  ['letters', (name) => name.normalize('NFC')],
]

export function clean(batch: Batch): Batch {
  const mended: Record<string, number> = {}
  const places = batch.places.map((place): Place => {
    let { name } = place
    for (const [what, mend] of MENDS) {
      const better = mend(name)
      if (better !== name) mended[what] = (mended[what] ?? 0) + 1
      name = better
    }
    return name === place.name ? place : { ...place, name }
  })
  return { ...batch, places, mended }
}

export default definePlugin({
  name: 'clean',
  version: '1.0.0',
  setup({ pipeline, shared }) {
    addStep(pipeline(Prepare), shared.way, 'clean', clean, { after: 'parse' })
  },
})
