// `counter.mjs <folder> <own name> <times>`: counts one resource up together with others, and says so in its metadata.
import { ResourceManager } from '../../src/index.ts'

const [folder = '', own = '', times = '0'] = process.argv.slice(2)
const manager = new ResourceManager({ folder })
for (let time = 1; time <= Number(times); time++) {
  await manager.update('counter', ({ content }) => ({ content: { count: (content as { count: number }).count + 1 } }))
  // Merged into what others have said in the meantime.
  await manager.update('counter', { metadata: { [own]: time } })
}
