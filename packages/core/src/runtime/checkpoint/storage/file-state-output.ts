import type { StateOutput } from '../../../spi/checkpoint-storage.ts'
import type { FileSystem } from '../../../spi/file-system.ts'
import type { RecoverableStream, RecoverableWriter } from '../../../spi/recoverable-writer.ts'

/** One state file, `name` within `directory`. It appears under its name when it is complete. */
export async function createFileStateOutput(fileSystem: FileSystem, directory: string, name: string): Promise<StateOutput> {
  const path = `${directory}/${name}`
  const writer = fileSystem.createRecoverableWriter?.()
  if (writer === undefined) return gatheredOutput(fileSystem, path, name)
  const { publishBytes = 0 } = fileSystem.capabilities
  return publishBytes === 0 ? streamedOutput(writer, await writer.open(path), name) : gatheredOutput(fileSystem, path, name, { writer, publishBytes })
}

function streamedOutput(writer: RecoverableWriter, stream: RecoverableStream, name: string): StateOutput {
  return {
    write: (bytes) => stream.write(bytes),
    ready: () => stream.ready(),
    ...(stream.settled && { settled: () => stream.settled?.() }),
    async close() {
      const sizeBytes = stream.position
      await writer.commit(await stream.closeForCommit())
      return { path: name, sizeBytes }
    },
    abort: () => stream.abandon(),
  }
}

/** Published in one go; streamed once there is more than `publishBytes`, where the file system can. */
function gatheredOutput(fileSystem: FileSystem, path: string, name: string, larger?: { readonly writer: RecoverableWriter; readonly publishBytes: number }): StateOutput {
  let chunks: Uint8Array[] = []
  let sizeBytes = 0
  let opening: Promise<void> | undefined
  let streamed: StateOutput | undefined
  const open = async ({ writer }: { readonly writer: RecoverableWriter }): Promise<void> => {
    streamed = streamedOutput(writer, await writer.open(path), name)
    for (const bytes of chunks) streamed.write(bytes)
    chunks = []
  }
  return {
    write(bytes) {
      if (streamed !== undefined) return streamed.write(bytes)
      chunks.push(bytes)
      sizeBytes += bytes.length
    },
    ready() {
      if (streamed !== undefined) return streamed.ready()
      if (larger !== undefined && sizeBytes > larger.publishBytes) opening ??= open(larger)
      return opening
    },
    async close() {
      await opening
      if (streamed !== undefined) return streamed.close()
      await fileSystem.publish(path, Buffer.concat(chunks), { ifAbsent: fileSystem.capabilities.conditionalCreate })
      chunks = []
      return { path: name, sizeBytes }
    },
    async abort() {
      chunks = []
      await opening?.catch(() => {}) // what could not be opened has left nothing
      await streamed?.abort()
    },
  }
}
