import { defineConfig } from 'tsup'
import { packageBuild } from '../../tsup.base.ts'

// What is imported only when a file is to be read stays a file of its own.
export default defineConfig({ ...packageBuild(), splitting: true })
