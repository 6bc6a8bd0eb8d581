// Colours, on a terminal only.
import pc from 'picocolors'

type Paint = (text: string) => string

/** How the parts of an output look. */
export interface Theme {
  readonly strong: Paint
  readonly faint: Paint
  readonly good: Paint
  readonly bad: Paint
  readonly warning: Paint
  readonly accent: Paint
}

/** Where output goes, as far as its looks are concerned. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** Colours where `stream` is a terminal; `NO_COLOR` takes them away and `FORCE_COLOR` brings them anywhere. */
export function createTheme(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): Theme {
  const isForced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0'
  const isOn = !env.NO_COLOR && (isForced || (stream.isTTY === true && env.TERM !== 'dumb'))
  const { bold, dim, green, red, yellow, cyan } = pc.createColors(isOn)
  return { strong: bold, faint: dim, good: green, bad: red, warning: yellow, accent: cyan }
}
