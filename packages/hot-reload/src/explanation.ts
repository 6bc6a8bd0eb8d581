// What explains where a plugin stands.
import type { Lifecycle } from '@cf-plugins/lifecycle'

/** Why a plugin is where it is: a chain from itself down to the root cause, and the same as a sentence. */
export type Explanation = ReturnType<Lifecycle['explain']>
