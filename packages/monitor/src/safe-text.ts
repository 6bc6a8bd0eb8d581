// Text of others, made so that it stays on its line and shows as what it is.

/**
 * What begins a new line somewhere, steers a terminal, or has text read in another order: the control characters of ASCII and of
 * Latin-1, line and paragraph separators, what sets the direction of writing, and what has no width.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** With each such character as `\uXXXX`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
