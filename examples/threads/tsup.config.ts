// The visitors are an entry of their own, because they run as a process of their own. Nobody imports from here: no types.
import { packageBuild } from '../../tsup.base.ts'

export default { ...packageBuild({ main: 'src/main.ts', visitors: 'src/visitors.ts' }), dts: false }
