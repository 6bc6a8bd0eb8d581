// The host is built; the plugins are not: they are loaded as they are, and may be edited. The load's server and those who ask it are
// entries of their own, because they run as processes of their own. Nobody imports from here: no types.
import { packageBuild } from '../../tsup.base.ts'

export default {
  ...packageBuild({ main: 'src/main.ts', serve: 'src/load/serve.ts', cannon: 'src/load/cannon.ts' }),
  dts: false,
}
