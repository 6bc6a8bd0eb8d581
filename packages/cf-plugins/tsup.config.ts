import { packageBuild } from '../../tsup.base.ts'

// The second is what threads import: a file of its own, by a name that the first knows.
export default packageBuild({ index: 'src/index.ts', 'thread-code': 'src/thread-code.ts' })
