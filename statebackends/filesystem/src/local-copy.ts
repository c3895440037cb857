import { createReadStream, createWriteStream } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { crc32 } from 'node:zlib'
import type { CheckpointStore, Logger, StateHandle, StateOutput } from '@millrace/core/spi'

type OpenState = Awaited<ReturnType<CheckpointStore['openState']>>

/**
 * Writes what goes to `output` into a file below `directory` as well, which is called after the state file and its checksum once both
 * are complete, in the subdirectory that `subdirectoryOf` says. A copy that cannot be written is given up with a warning; the checkpoint goes on.
 */
export function localCopyOutput(output: StateOutput, directory: string, subdirectoryOf: (handle: StateHandle) => string, logger: Logger): StateOutput {
  const temporary = `${directory}/.${randomUUID()}`
  let checksum = 0
  let failed = false
  const giveUp = (error: unknown): void => {
    if (!failed) logger.warn({ directory, error: String(error) }, 'no local copy of keyed state is kept: it cannot be written')
    failed = true
  }
  const stream = mkdir(directory, { recursive: true }).then(
    () => createWriteStream(temporary, { flags: 'wx' }).on('error', giveUp),
    (error: unknown) => {
      giveUp(error)
    },
  )
  let written = Promise.resolve()
  let queuedBytes = 0
  const append = async (bytes: Uint8Array): Promise<void> => {
    const file = await stream
    if (!failed && file?.write(bytes) === false) await drainedOrClosed(file).catch(giveUp)
    queuedBytes -= bytes.length
  }
  const end = async (): Promise<void> => {
    await written
    const file = await stream
    if (file === undefined || file.closed) return
    file.end()
    await once(file, 'close').catch(giveUp)
  }
  const remove = (): Promise<void> => rm(temporary, { force: true }).catch(giveUp)
  const keep = async (handle: StateHandle): Promise<void> => {
    const target = `${directory}/${subdirectoryOf(handle)}`
    await mkdir(target, { recursive: true })
    await rename(temporary, `${target}/${nameOf(handle)}.${checksum.toString(16)}`)
  }
  return {
    write(bytes) {
      output.write(bytes)
      checksum = crc32(bytes, checksum)
      queuedBytes += bytes.length
      written = written.then(() => append(bytes))
    },
    ready: () => output.ready() ?? (queuedBytes > MAX_QUEUED_BYTES ? written : undefined),
    async close() {
      const handle = await output.close()
      await end()
      if (!failed) await keep(handle).catch(giveUp)
      if (failed) await remove()
      return handle
    },
    async abort() {
      await output.abort()
      await end()
      await remove()
    },
  }
}

const MAX_QUEUED_BYTES = 4 * 1024 * 1024

async function drainedOrClosed(file: WriteStream): Promise<void> {
  const listening = new AbortController()
  const { signal } = listening
  try {
    await Promise.race([once(file, 'drain', { signal }), once(file, 'close', { signal })])
  } finally {
    listening.abort() // the other one would listen for ever
  }
}

/** Undefined if there is none, or it is not what was written; then a line is logged and it is removed. */
export async function openLocalCopy(directory: string, handle: StateHandle, logger: Logger): Promise<OpenState | undefined> {
  const prefix = `${nameOf(handle)}.`
  const name = (await readdir(directory).catch(() => [])).find((each) => each.startsWith(prefix))
  if (name === undefined) return undefined
  const path = `${directory}/${name}`
  try {
    const found = await checksumOf(path)
    if (found.size === handle.sizeBytes && found.checksum.toString(16) === name.slice(prefix.length)) return await openFile(path, found.size)
    logger.warn({ file: path }, 'a local copy of keyed state is damaged; it is read from where checkpoints are kept')
  } catch (error) {
    logger.warn({ file: path, error: String(error) }, 'a local copy of keyed state cannot be read; it is read from where checkpoints are kept')
  }
  await rm(path, { force: true })
  return undefined
}

async function checksumOf(path: string): Promise<{ readonly size: number; readonly checksum: number }> {
  let [size, checksum] = [0, 0]
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    size += chunk.length
    checksum = crc32(chunk, checksum)
  }
  return { size, checksum }
}

async function openFile(path: string, size: number): Promise<OpenState & { readonly path: string }> {
  const file = await open(path, 'r')
  return {
    path,
    size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start)
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at)
        if (bytesRead === 0) throw new Error(`${path} ends after ${start + at} bytes, ${size} were there when it was opened`)
        at += bytesRead
      }
      return bytes
    },
    close: () => file.close(),
  }
}

/** Of the state file; a copy adds its checksum. */
export function nameOf({ path }: StateHandle): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
