import { MillraceError } from '@millrace/core/spi'
import type { FileSystems, RecoverableWriter } from '@millrace/core/spi'

export function recoverableWriterFor(fileSystems: FileSystems, path: string): RecoverableWriter {
  const fileSystem = fileSystems.forPath(path)
  const writer = fileSystem.createRecoverableWriter?.()
  if (writer !== undefined) return writer
  throw new MillraceError(
    'FILE_NO_RECOVERABLE_WRITER',
    `Cannot write to ${path}: fileSink needs a file system that can go on with unfinished files after a crash (createRecoverableWriter), ` +
      `and ${fileSystem.scheme}: cannot. Write to another file system`,
    { origin: 'user', at: { file: path } },
  )
}
