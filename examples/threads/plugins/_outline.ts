// The hook that the host calls: a name with its types, for both sides.
import { hookRef } from 'cf-plugins'

/** What a file of JavaScript consists of. */
export interface FileOutline {
  readonly bytes: number
  readonly statements: number
}

export const Outline = hookRef.bail<(file: string) => FileOutline>('outline')
