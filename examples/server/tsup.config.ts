// The host is built; the plugins are not: they are loaded as they are, and may be edited. Nobody imports from here: no types.
import { packageBuild } from '../../tsup.base.ts'

export default { ...packageBuild({ main: 'src/main.ts' }), dts: false }
