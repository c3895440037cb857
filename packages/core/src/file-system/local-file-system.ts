import { lstat, mkdir, open, rm, rmdir, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { MillraceError } from '../errors.ts'
import type { FileStatus, FileSystem, OpenFile } from '../spi/file-system.ts'
import { moveIntoPlace } from './durable.ts'
import { listFiles } from './list-files.ts'
import { localPath, temporaryPath } from './local-path.ts'
import { localRecoverableWriter } from './local-recoverable-writer.ts'
import { nodeFileError, systemErrorCode } from './node-file-error.ts'

/**
 * Files of this machine, or of a mount: `file:` URLs and plain paths. Missing parent directories are created on writing,
 * as an object store needs none. `publish` with `ifAbsent` needs hard links, which every POSIX file system and NTFS have.
 */
export function localFileSystem(): FileSystem {
  return {
    scheme: 'file',
    capabilities: { directories: true, conditionalCreate: true },
    status: (path) => statusOf(localPath(path)),
    open: (path) => openFile(localPath(path)),
    list: (path, options) => listFiles(localPath(path), options?.recursive ?? false, options?.signal),
    publish: (path, bytes, options) => publish(localPath(path), bytes, options?.ifAbsent ?? false),
    delete: (path, options) => remove(localPath(path), options?.recursive ?? false),
    async mkdirs(path) {
      const directory = localPath(path)
      await guarded(directory, 'create the directory', () => mkdir(directory, { recursive: true }))
    },
    createRecoverableWriter: () => localRecoverableWriter(),
  }
}

async function guarded<R>(path: string, doing: string, body: () => Promise<R>): Promise<R> {
  try {
    return await body()
  } catch (error) {
    throw nodeFileError(error, path, doing)
  }
}

function toStatus(path: string, stats: Stats): FileStatus {
  return { path, size: stats.isDirectory() ? 0 : stats.size, modifiedMs: stats.mtimeMs, isDirectory: stats.isDirectory() }
}

async function statusOf(path: string): Promise<FileStatus | undefined> {
  try {
    return toStatus(path, await stat(path))
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw nodeFileError(error, path, 'look at')
  }
}

async function openFile(path: string): Promise<OpenFile> {
  return guarded(path, 'open', async () => {
    const handle = await open(path, 'r')
    try {
      const stats = await handle.stat()
      if (stats.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
      return {
        path,
        size: stats.size,
        read: (start, end) => guarded(path, 'read', () => readFully(handle, path, start, end)),
        close: () => handle.close(),
      }
    } catch (error) {
      await handle.close()
      throw error
    }
  })
}

async function readFully(handle: FileHandle, path: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(end - start) // not from Node's pool: receivers keep slices of it
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) {
      const found = `expected bytes ${start} to ${end}, the file ends at ${start + filled}`
      throw new MillraceError('FS_IO', `Cannot read ${path}: ${found}. It was cut while it was being read; write files under another name and rename them`, {
        origin: 'external',
        at: { file: path, offset: start + filled },
      })
    }
    filled += bytesRead
  }
  return bytes
}

async function publish(path: string, bytes: Uint8Array, ifAbsent: boolean): Promise<void> {
  await guarded(path, 'publish', async () => {
    await mkdir(dirname(path), { recursive: true })
    const temporary = temporaryPath(path)
    try {
      const handle = await open(temporary, 'wx')
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await moveIntoPlace(temporary, path, ifAbsent)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}

async function remove(path: string, recursive: boolean): Promise<void> {
  await guarded(path, 'delete', async () => {
    if (recursive) return rm(path, { recursive: true, force: true })
    try {
      if ((await lstat(path)).isDirectory()) await rmdir(path)
      else await rm(path)
    } catch (error) {
      const code = systemErrorCode(error)
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    }
  })
}
