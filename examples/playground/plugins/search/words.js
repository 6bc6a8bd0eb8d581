// Shows a helper in JavaScript.

/**
 * The words of a text, in lower case.
 *
 * @param {string} text
 */
export function wordsOf(text) {
  return new Set(text.toLowerCase().match(/\p{L}{2,}/gu) ?? [])
}
