import { readdir, stat } from 'node:fs/promises'
import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import type { FileStatus } from '../spi/file-system.ts'
import { isTemporaryName } from './local-path.ts'
import { nodeFileError, systemErrorCode } from './node-file-error.ts'

/** How many files are looked at together: hides the latency of single stat calls without holding a large directory's worth of promises. */
const STAT_BATCH = 64

/**
 * Sorted by path as plain strings, one directory in memory at a time. Symbolic links to files count as files; linked
 * directories are listed but not descended into, as they may form a cycle. Unfinished files are left out.
 */
export async function* listFiles(directory: string, recursive: boolean, signal?: AbortSignal): AsyncGenerator<FileStatus> {
  signal?.throwIfAborted()
  const entries = (await readEntries(directory))
    .filter((entry) => !isTemporaryName(entry.name))
    .map((entry) => ({ entry, order: recursive && entry.isDirectory() ? `${entry.name}/` : entry.name }))
    .sort((a, b) => (a.order < b.order ? -1 : 1)) // `a-b` < `a/c` < `a0`: the order of the full paths
  for (let start = 0; start < entries.length; start += STAT_BATCH) {
    signal?.throwIfAborted()
    const batch = await Promise.all(entries.slice(start, start + STAT_BATCH).map(({ entry }) => statusIn(directory, entry)))
    for (const [index, status] of batch.entries()) {
      if (status === undefined) continue
      if (!recursive) yield status
      else if (!status.isDirectory) yield status
      else if (entries[start + index]?.entry.isDirectory()) yield* listFiles(status.path, true, signal)
    }
  }
}

async function readEntries(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw nodeFileError(error, directory, 'list')
  }
}

/** Undefined for what vanished since the directory was read, and for links that lead nowhere. */
async function statusIn(directory: string, entry: Dirent): Promise<FileStatus | undefined> {
  const path = join(directory, entry.name)
  try {
    const stats = await stat(path)
    return { path, size: stats.isDirectory() ? 0 : stats.size, modifiedMs: stats.mtimeMs, isDirectory: stats.isDirectory() }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw nodeFileError(error, path, 'look at')
  }
}
