import { describeError, MillraceError } from '@millrace/core/spi'

/** For a file that cannot be read on: cut short, damaged, or no Parquet at all. */
export function damaged(path: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('PARQUET_FILE', `${path}: ${what}. The file is damaged, was cut short or is no Parquet file: write or copy it again, or take it out of the input`, {
    origin: 'external',
    at: { file: path },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** For a column that is missing in a file, or of a type that cannot be read as what the row type says. */
export function columnMismatch(path: string, field: string, what: string): MillraceError {
  return new MillraceError('PARQUET_COLUMNS', `${path}: ${what}. Correct the row type, or convert the file`, { origin: 'external', at: { file: path, field } })
}

/** Errors of reading bytes stay as they are; whatever the decoder stumbled over means a damaged file. */
export async function guarded<R>(path: string, body: () => Promise<R> | R): Promise<R> {
  try {
    return await body()
  } catch (error) {
    throw MillraceError.is(error) ? error : damaged(path, describeError(error), error)
  }
}
