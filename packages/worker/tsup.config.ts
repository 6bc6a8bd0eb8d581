import { packageBuild } from '../../tsup.base.ts'

// The second is what runs in each thread: a file of its own, by a name that the first knows.
export default packageBuild({ index: 'src/index.ts', thread: 'src/thread.ts' })
