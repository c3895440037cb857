import { MillraceError } from '../../../errors.ts'
import type { StateHandle } from '../../../spi/checkpoint-storage.ts'
import type { FileSystems } from '../../../spi/file-systems.ts'
import type { ReadableBytes } from '../../../spi/readable-bytes.ts'
import { checkpointDirectory } from './metadata-file.ts'

const INLINE = 'inline:'
/** A URL, or an absolute path of this machine. */
const ABSOLUTE = /^([a-z][a-z0-9+.-]*:|\/|[A-Za-z]:[\\/])/

/** A handle that holds the state itself, so that it reaches the coordinator wherever the task runs. */
export function inlineHandle(bytes: Uint8Array): StateHandle {
  return { path: INLINE + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'), sizeBytes: bytes.length }
}

export type StateFile = ReadableBytes & { readonly path: string; close(): Promise<void> }

/** Opens the state behind a handle of the checkpoint at `pointer`. Rejects with CKPT_NOT_FOUND. */
export async function openStateHandle(fileSystems: FileSystems, pointer: string, handle: StateHandle): Promise<StateFile> {
  if (handle.path.startsWith(INLINE)) return bytesAsFile(Buffer.from(handle.path.slice(INLINE.length), 'base64'), pointer)
  const path = ABSOLUTE.test(handle.path) ? handle.path : within(checkpointDirectory(pointer), handle.path)
  try {
    return await fileSystems.forPath(path).open(path)
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'FS_NOT_FOUND') throw error
    const message = `State file ${path} of checkpoint ${pointer} is gone. A savepoint must be moved and deleted as a whole, and a checkpoint with those of its job beside it; restore from another one`
    throw new MillraceError('CKPT_NOT_FOUND', message, { origin: 'user', at: { file: path }, cause: error })
  }
}

/** The keys of an object store have no parents that it would look for itself. */
function within(directory: string, path: string): string {
  const parentEnd = directory.lastIndexOf('/')
  return path.startsWith('../') && parentEnd > 0 ? `${directory.slice(0, parentEnd)}/${path.slice(3)}` : `${directory}/${path}`
}

function bytesAsFile(bytes: Uint8Array, path: string): StateFile {
  return {
    path,
    size: bytes.length,
    read: (start, end) => Promise.resolve(bytes.slice(start, end)),
    close: () => Promise.resolve(),
  }
}
