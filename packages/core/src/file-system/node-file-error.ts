import { MillraceError } from '../errors.ts'

interface Mapping {
  readonly code: string
  readonly retryable: boolean
  readonly remedy: string
}

const NOT_FOUND: Mapping = { code: 'FS_NOT_FOUND', retryable: false, remedy: 'there is no such file or directory; check the path' }
const DENIED: Mapping = { code: 'FS_ACCESS_DENIED', retryable: false, remedy: 'the process may not do this; check owner and permissions' }
const OTHER: Mapping = { code: 'FS_IO', retryable: true, remedy: 'check the disk or mount' }

const MAPPINGS: Readonly<Record<string, Mapping>> = {
  ENOENT: NOT_FOUND,
  EEXIST: { code: 'FS_EXISTS', retryable: false, remedy: 'something is there already; remove it or choose another path' },
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { ...DENIED, remedy: 'the file system is mounted read-only; choose another path' },
  ENOTDIR: { code: 'FS_IO', retryable: false, remedy: 'a part of the path is a file where a directory is needed; choose another path' },
  EISDIR: { code: 'FS_IO', retryable: false, remedy: 'it is a directory where a file is needed; name a file' },
  ENOTEMPTY: { code: 'FS_IO', retryable: false, remedy: 'the directory is not empty; delete it with { recursive: true }' },
  ENAMETOOLONG: { code: 'FS_IO', retryable: false, remedy: 'the name is too long for this file system; shorten it' },
  ENOSPC: { code: 'FS_IO', retryable: true, remedy: 'the disk is full; free some space' },
  EDQUOT: { code: 'FS_IO', retryable: true, remedy: 'the disk quota is used up; free some space' },
  EMFILE: { code: 'FS_IO', retryable: true, remedy: 'too many files are open; raise the limit (ulimit -n) or lower the parallelism' },
}

/** The `code` of an error of Node's file functions, such as `ENOENT`. */
export function systemErrorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/**
 * An error of Node's file functions as FS_NOT_FOUND, FS_EXISTS, FS_ACCESS_DENIED or FS_IO with path and remedy.
 * @param doing what was tried, as it reads after "Cannot": `read`, `publish`.
 */
export function nodeFileError(error: unknown, path: string, doing: string): MillraceError {
  if (MillraceError.is(error)) return error
  const system = systemErrorCode(error)
  const { code, retryable, remedy } = (system === undefined ? undefined : MAPPINGS[system]) ?? OTHER
  return new MillraceError(code, `Cannot ${doing} ${path}: ${remedy} (${system ?? String(error)})`, {
    origin: 'external',
    retryable,
    at: { file: path },
    cause: error,
  })
}
