// Two entries: the tool, and what `npm start` does. What a command needs is a file of its own, and is loaded by that command only.
import { packageBuild } from '../../tsup.base.ts'

export default { ...packageBuild({ main: 'src/main.ts', start: 'src/start.ts' }), splitting: true, dts: false }
