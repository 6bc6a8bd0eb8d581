// The small task as the method of a plugin that has a thread.
import { addOne, serve } from './small.mjs'

export const PLUGIN_META = { name: 'counter', version: '1.0.0', execution: 'worker' }

export const register = () => ({ addOne, serve })
