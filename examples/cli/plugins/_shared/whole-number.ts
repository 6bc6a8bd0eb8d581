// Arguments of commands that are whole numbers.
import { InvalidArgumentError } from 'commander'

/** A parser for commander that takes whole numbers of a range, and says what it wants where it gets something else. */
export function wholeNumber({ from, to }: { readonly from: number; readonly to: number }) {
  return (text: string): number => {
    const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
    if (number >= from && number <= to) return number
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`)
  }
}
