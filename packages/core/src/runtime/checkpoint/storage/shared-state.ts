import type { StateHandle, StateOutput } from '../../../spi/checkpoint-storage.ts'
import type { FileSystem } from '../../../spi/file-system.ts'
import { baseName } from './base-name.ts'
import { createFileStateOutput } from './file-state-output.ts'

const SHARED_DIRECTORY = /^shared-(\d+)\.e(\d+)$/

/**
 * State files that several checkpoints of a job refer to, in directories beside those of the checkpoints, named after the one they
 * were written for. Who refers to a file is said by the metadata of checkpoints alone: there is no count that could be wrong.
 */
export class SharedState {
  readonly #fileSystem: FileSystem
  readonly #root: string
  /** Of directories that nothing is added to any more: what is still in them. */
  readonly #files = new Map<string, Set<string>>()

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem
    this.#root = root
  }

  async create(checkpointId: number, epoch: number, fileName: string): Promise<StateOutput> {
    const directory = `shared-${checkpointId}.e${epoch}`
    const output = await createFileStateOutput(this.#fileSystem, `${this.#root}/${directory}`, fileName)
    return {
      write: (bytes) => output.write(bytes),
      ready: () => output.ready(),
      async close() {
        const { path, sizeBytes } = await output.close()
        return { path: `../${directory}/${path}`, sizeBytes }
      },
      abort: () => output.abort(),
    }
  }

  /** See CheckpointStore.discardShared; `epoch` is that of this run. */
  async discard(needed: readonly StateHandle[], checkpointId: number, epoch: number): Promise<void> {
    const paths = new Set(needed.map(({ path }) => path))
    for (const [directory, id, writtenIn] of await this.#directories()) {
      if (writtenIn > epoch || (writtenIn === epoch && id > checkpointId)) continue
      if (needed.some(({ path }) => path.startsWith(`../${directory}/`))) await this.#clear(directory, paths)
      else await this.#remove(directory)
    }
  }

  async #directories(): Promise<(readonly [name: string, checkpointId: number, epoch: number])[]> {
    const found: (readonly [string, number, number])[] = []
    for await (const { path } of this.#fileSystem.list(this.#root)) {
      const match = SHARED_DIRECTORY.exec(baseName(path))
      if (match !== null) found.push([match[0], Number(match[1]), Number(match[2])])
    }
    return found
  }

  async #clear(directory: string, needed: ReadonlySet<string>): Promise<void> {
    let files = this.#files.get(directory)
    if (files === undefined) {
      files = new Set()
      for await (const { path } of this.#fileSystem.list(`${this.#root}/${directory}`)) files.add(baseName(path))
      this.#files.set(directory, files)
    }
    for (const file of files) {
      if (needed.has(`../${directory}/${file}`)) continue
      await this.#fileSystem.delete(`${this.#root}/${directory}/${file}`)
      files.delete(file)
    }
  }

  async #remove(directory: string): Promise<void> {
    this.#files.delete(directory)
    await this.#fileSystem.delete(`${this.#root}/${directory}`, { recursive: true })
  }
}
