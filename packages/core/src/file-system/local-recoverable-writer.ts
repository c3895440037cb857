import { constants, copyFile, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MillraceError } from '../errors.ts'
import type { JsonValue } from '../spi/json-value.ts'
import type { RecoverableStream, RecoverableWriter } from '../spi/recoverable-writer.ts'
import { moveIntoPlace, syncDirectory } from './durable.ts'
import { localPath, resumedPath, temporaryPath } from './local-path.ts'
import { LocalRecoverableStream } from './local-recoverable-stream.ts'
import type { LocalToken } from './local-recoverable-stream.ts'
import { nodeFileError, systemErrorCode } from './node-file-error.ts'

const DEFAULT_BUFFER_BYTES = 4 * 1024 * 1024

/**
 * Writes into a hidden file beside the target and links it into place at commit.
 * @param options.bufferBytes how much may be queued per stream before `ready` asks to wait.
 */
export function localRecoverableWriter(options: { readonly bufferBytes?: number } = {}): RecoverableWriter {
  const bufferBytes = options.bufferBytes ?? DEFAULT_BUFFER_BYTES
  return {
    async open(path) {
      const target = localPath(path)
      const temporary = temporaryPath(target)
      try {
        await mkdir(dirname(target), { recursive: true })
        const handle = await open(temporary, 'wx')
        await syncDirectory(dirname(target))
        return new LocalRecoverableStream(handle, target, temporary, 0, bufferBytes)
      } catch (error) {
        throw nodeFileError(error, target, 'create')
      }
    },
    resume: (token) => resume(parseToken(token), bufferBytes),
    commit: (token) => commit(parseToken(token)),
    async discard(token) {
      const { temporary } = parseToken(token)
      try {
        await rm(temporary, { force: true })
      } catch (error) {
        throw nodeFileError(error, temporary, 'discard')
      }
    },
  }
}

/**
 * Goes on in a copy that takes the file's place. Who wrote it before may not be dead but only slow, past its lease, with the file
 * still open: what it writes then goes into a file that has no name any more.
 */
async function resume(token: LocalToken, bufferBytes: number): Promise<RecoverableStream> {
  const { path, temporary, length } = token
  const copy = resumedPath(temporary)
  try {
    await copyFile(temporary, copy, constants.COPYFILE_FICLONE)
    const handle = await open(copy, 'r+')
    try {
      const { size } = await handle.stat()
      if (size < length) throw lost(path, `expected at least ${length} bytes in ${temporary}, found ${size}`)
      await handle.truncate(length)
      await handle.sync()
      await moveIntoPlace(copy, temporary, false)
      return new LocalRecoverableStream(handle, path, temporary, length, bufferBytes)
    } catch (error) {
      await handle.close()
      await rm(copy, { force: true })
      throw error
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw lost(path, `its unfinished file ${temporary} is gone`)
    throw nodeFileError(error, path, 'resume')
  }
}

async function commit(token: LocalToken): Promise<void> {
  const { path, temporary } = token
  try {
    await moveIntoPlace(temporary, path, true)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'EEXIST') throw foreign(path)
    if (code !== 'ENOENT') throw nodeFileError(error, path, 'commit')
    await verifyCommitted(token)
  }
}

/** The temporary file is gone: fine if it is what lies under the final name. A link keeps length and modification time. */
async function verifyCommitted({ path, temporary, length, modifiedMs }: LocalToken): Promise<void> {
  try {
    const stats = await stat(path)
    if (stats.size !== length || Math.trunc(stats.mtimeMs) !== modifiedMs) throw foreign(path)
    await syncDirectory(dirname(path)) // the first attempt may have died just before
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw lost(path, `neither it nor its unfinished file ${temporary} exists`)
    throw nodeFileError(error, path, 'commit')
  }
}

function foreign(path: string): MillraceError {
  return new MillraceError('FS_EXISTS', `Cannot commit ${path}: another file has that name already. Move it away, or write to another directory`, {
    origin: 'external',
    at: { file: path },
  })
}

function lost(path: string, found: string): MillraceError {
  return new MillraceError(
    'FS_NOT_FOUND',
    `Cannot go on with ${path}: ${found}. Its content is lost: restore the file, or start from an older checkpoint or savepoint`,
    { origin: 'external', at: { file: path } },
  )
}

function parseToken(token: JsonValue): LocalToken {
  if (typeof token === 'object' && token !== null && !Array.isArray(token)) {
    const { path, temporary, length, modifiedMs } = token as Readonly<Record<string, JsonValue>>
    if (typeof path === 'string' && typeof temporary === 'string' && typeof length === 'number' && typeof modifiedMs === 'number') {
      return { path, temporary, length, modifiedMs }
    }
  }
  throw new MillraceError('FS_IO', `Expected a token of the local file system, found ${JSON.stringify(token)}: it was written by another file system`, {
    origin: 'user',
  })
}
