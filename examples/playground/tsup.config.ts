// The observer is an entry of its own, because it runs as a process of its own. Nobody imports from here: no types.
import { packageBuild } from '../../tsup.base.ts'

export default { ...packageBuild({ main: 'src/main.ts', observer: 'src/observer.ts' }), dts: false }
