import { MillraceError } from '@millrace/core/spi'
import type { FileSystem, RecoverableStream, RecoverableWriter } from '@millrace/core/spi'
import { createFileSystems } from '@millrace/core/testing'
import type { ChaosRun } from '../chaos-run.ts'
import type { Failpoints } from './failpoints.ts'
import { overriding } from './overriding.ts'

const LEASE = /\/lease-\d+$/

/** The local file system with the failpoints that lie in it and, if `fullDisk` is given, with a disk that gets full. */
export function faultyFileSystem(failpoints: Failpoints, fullDisk: ChaosRun['fullDisk']): FileSystem {
  const local = createFileSystems().forPath('/')
  const disk = fullDisk === undefined ? local : fullAfter(local, fullDisk)
  return overriding(disk, {
    async publish(path, bytes, options) {
      if (LEASE.test(path) && options?.ifAbsent === true) failpoints.hit('lease-before')
      await disk.publish(path, bytes, options)
      if (LEASE.test(path) && options?.ifAbsent === true) failpoints.hit('lease-after')
    },
    async delete(path, options) {
      await disk.delete(path, options)
      if (path.endsWith('/_metadata')) failpoints.hit('clean-up-half')
    },
  })
}

/** Every write fails once the budget is used up, as ENOSPC does; nothing that was deleted gives room back. */
function fullAfter(fileSystem: FileSystem, disk: NonNullable<ChaosRun['fullDisk']>): FileSystem {
  let used = 0
  const take = (path: string, bytes: Uint8Array): void => {
    if (!path.startsWith(disk.path)) return
    used += bytes.length
    if (used > disk.bytes) {
      throw new MillraceError('FS_IO', `Cannot write ${path}: the disk is full; free some space (ENOSPC)`, { origin: 'external', retryable: true, at: { file: path } })
    }
  }
  const limited = (stream: RecoverableStream): RecoverableStream =>
    overriding(stream, {
      write(bytes) {
        take(stream.path, bytes)
        stream.write(bytes)
      },
    })
  return overriding(fileSystem, {
    async publish(path, bytes, options) {
      take(path, bytes)
      await fileSystem.publish(path, bytes, options)
    },
    createRecoverableWriter() {
      const writer = fileSystem.createRecoverableWriter?.() as RecoverableWriter
      return overriding(writer, { open: async (path) => limited(await writer.open(path)), resume: async (token) => limited(await writer.resume(token)) })
    },
  })
}
