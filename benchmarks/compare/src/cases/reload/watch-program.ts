// The floor of a save: the folder is watched, and what is saved is run. Prints `serving <edit>`.
import { watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { ModulesByHand } from './by-hand.ts'

const entry = process.argv[2] as string
const modules = new ModulesByHand(entry)

const serve = (saved?: string) => {
  try {
    console.log('serving', modules.evaluate(saved).value0)
  } catch (error) {
    // Half of what is written: another event follows.
    console.error(error)
  }
}
serve()
watch(dirname(entry), (_event, name) => {
  if (name?.endsWith('.js')) serve(join(dirname(entry), name))
})
