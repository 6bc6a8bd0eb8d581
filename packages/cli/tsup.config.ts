import { packageBuild } from '../../tsup.base.ts'

export default {
  ...packageBuild({ index: 'src/index.ts', cf: 'src/cf.ts' }),
  // What a command needs is a file of its own, and is loaded by that command only.
  splitting: true,
  dts: { entry: { index: 'src/index.ts' }, compilerOptions: { ignoreDeprecations: '6.0' } },
}
