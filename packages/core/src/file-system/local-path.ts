import { randomUUID } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../errors.ts'

/** The absolute local path of a `file:` URL or of a plain path (relative ones: to the working directory). */
export function localPath(path: string): string {
  if (!path.startsWith('file:')) return resolve(path)
  try {
    return fileURLToPath(path)
  } catch (cause) {
    throw new MillraceError('FS_NOT_FOUND', `${path} names no local file: write file:///absolute/path, or a plain path`, {
      origin: 'user',
      at: { file: path },
      cause,
    })
  }
}

const TEMPORARY = /^\..*\.millrace-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A fresh hidden name beside `path`, on the same file system, so that it can be renamed into place. */
export function temporaryPath(path: string): string {
  // 50 UTF-16 units are at most 150 bytes: with the rest below the usual limit of 255 for a name.
  return join(dirname(path), `.${basename(path).slice(0, 50)}.millrace-${randomUUID()}`)
}

/** Where the copy of an unfinished file is made: always the same, so that one left by a crash is made anew. */
export function resumedPath(temporary: string): string {
  return join(dirname(temporary), `.resumed${basename(temporary)}`)
}

/** True for what these two make: unfinished files, which no listing shows. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name)
}
