/** A number of a JSON text that a JavaScript number might not give back digit by digit: fractions and large integers. */
export class ExactNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const WHOLE = /^-?\d+(?:[eE]\+?\d+)?$/

const reviver: SourceReviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && !(Number.isSafeInteger(value) && WHOLE.test(source)) ? new ExactNumber(source) : value

/** JSON.parse that keeps all digits, by "JSON.parse source text access" (ECMA-262 proposal, in V8 since 11.4). About five times slower. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown)
}
