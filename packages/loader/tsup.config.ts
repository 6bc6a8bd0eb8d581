import { packageBuild } from '../../tsup.base.ts'

// Split, so that what makes files ready to run is loaded only when the cache on disk lacks one.
export default { ...packageBuild(), splitting: true }
