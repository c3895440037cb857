import { describeError, MillraceError, type ErrorLocation } from '../errors.ts'

/**
 * Imports a module that the user wrote. `what` names it in messages ("the job module"). Throws CLI_SYNTAX for what Node
 * cannot parse, CLI_TYPESCRIPT_SYNTAX for TypeScript that it cannot strip and CLI_IMPORT_FAILED for what the module itself,
 * or what it imports, throws while it is loaded.
 */
export async function importModule(url: URL, what: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(url.href)) as Record<string, unknown>
  } catch (error) {
    throw importError(error, url, what)
  }
}

function importError(error: unknown, url: URL, what: string): MillraceError {
  const path = decodeURIComponent(url.pathname)
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  const make = (errorCode: string, message: string, at: ErrorLocation): MillraceError =>
    new MillraceError(errorCode, message, { origin: 'user', at, cause: error })
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const message =
      `Node cannot read the TypeScript of ${what}: ${describeError(error)}. Node runs TypeScript by leaving its types out, ` +
      'so enums, namespaces with values and parameter properties do not work; the compiler option erasableSyntaxOnly finds them'
    return make('CLI_TYPESCRIPT_SYNTAX', message, syntaxPlace(error, path))
  }
  if (error instanceof SyntaxError || code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
    return make('CLI_SYNTAX', `${what} or a module that it imports is not valid: ${describeError(error)}`, syntaxPlace(error, path))
  }
  const remedy = code === 'ERR_MODULE_NOT_FOUND' ? '. Check the path, or install the package in the project' : ''
  return make('CLI_IMPORT_FAILED', `Loading ${what} failed: ${describeError(error)}${remedy}`, { file: path })
}

/** Node writes `file:line` as the first line of the stack of a TypeScript error and of a missing export; not of others. */
function syntaxPlace(error: unknown, fallback: string): ErrorLocation {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const match = /^(?:file:\/\/)?(\S.*):(\d+)$/m.exec(stack.split('\n', 1)[0] ?? '')
  return match?.[1] === undefined ? { file: fallback } : { file: match[1], line: Number(match[2]) }
}
