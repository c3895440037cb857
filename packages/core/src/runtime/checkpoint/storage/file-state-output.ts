import type { StateOutput } from '../../../spi/checkpoint-storage.ts'
import type { FileSystem } from '../../../spi/file-system.ts'

/** One state file, `name` within `directory`. It appears under its name when it is complete. */
export async function createFileStateOutput(fileSystem: FileSystem, directory: string, name: string): Promise<StateOutput> {
  const path = `${directory}/${name}`
  const writer = fileSystem.createRecoverableWriter?.()
  if (writer === undefined) return publishedOutput(fileSystem, path, name)
  const stream = await writer.open(path)
  return {
    write: (bytes) => stream.write(bytes),
    ready: () => stream.ready(),
    async close() {
      const sizeBytes = stream.position
      await writer.commit(await stream.closeForCommit())
      return { path: name, sizeBytes }
    },
    abort: () => stream.abandon(),
  }
}

/** For a file system that can only write a file in one go. */
function publishedOutput(fileSystem: FileSystem, path: string, name: string): StateOutput {
  let chunks: Uint8Array[] = []
  return {
    write(bytes) {
      chunks.push(bytes)
    },
    ready: () => undefined,
    async close() {
      const bytes = Buffer.concat(chunks)
      chunks = []
      await fileSystem.publish(path, bytes, { ifAbsent: fileSystem.capabilities.conditionalCreate })
      return { path: name, sizeBytes: bytes.length }
    },
    abort() {
      chunks = []
      return Promise.resolve()
    },
  }
}
