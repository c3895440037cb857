/** Makes row `index` of the columns, in order of the names. */
export type RowFactory = (columns: readonly ArrayLike<unknown>[], index: number) => Readonly<Record<string, unknown>>

/**
 * One object literal with all names: V8 allocates it at its final size and shape, several times faster than adding properties
 * one by one. Falls back to that where code generation is forbidden (`--disallow-code-generation-from-strings`).
 */
export function rowFactory(names: readonly string[]): RowFactory {
  const fields = names.map((name, index) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: c[${index}][i]`)
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- names are quoted by JSON.stringify
    return new Function('c', 'i', `return {${fields.join(', ')}}`) as RowFactory
  } catch {
    return (columns, index) => Object.fromEntries(names.map((name, column) => [name, columns[column]?.[index]]))
  }
}
