import { MillraceError } from '../../errors.ts'
import type { CachedFile } from '../../functions/cached-file.ts'
import type { CachedFileSpec } from '../../graph/stream-graph.ts'
import type { FileSystems } from '../../spi/file-systems.ts'

/** Whole files are kept in the memory of every thread. */
const LARGEST_BYTES = 64 * 1024 * 1024

/** The side files of a job in one thread: read by the first task that starts, and kept over restarts. */
export class CachedFiles {
  readonly #specs: readonly CachedFileSpec[]
  readonly #fileSystems: FileSystems
  #loaded: Promise<ReadonlyMap<string, CachedFile>> | undefined

  constructor(specs: readonly CachedFileSpec[], fileSystems: FileSystems) {
    this.#specs = specs
    this.#fileSystems = fileSystems
  }

  /** Rejects with what the file system says, and with CORE_CACHED_FILE_TOO_LARGE. Asked again after a failure, it tries again. */
  load(): Promise<ReadonlyMap<string, CachedFile>> {
    if (this.#loaded === undefined) {
      this.#loaded = this.#read()
      this.#loaded.catch(() => (this.#loaded = undefined))
    }
    return this.#loaded
  }

  async #read(): Promise<ReadonlyMap<string, CachedFile>> {
    const files = await Promise.all(this.#specs.map((spec) => this.#readOne(spec)))
    return new Map(files.map((file) => [file.name, file]))
  }

  async #readOne({ name, path }: CachedFileSpec): Promise<CachedFile> {
    const file = await this.#fileSystems.forPath(path).open(path)
    try {
      if (file.size > LARGEST_BYTES) {
        const found = `found ${file.size}; read it as a source, or broadcast it`
        const message = `expected the cached file '${name}' to have at most ${LARGEST_BYTES} bytes, because it is kept in memory; ${found}`
        throw new MillraceError('CORE_CACHED_FILE_TOO_LARGE', message, { origin: 'user', at: { file: path } })
      }
      const bytes = await file.read(0, file.size)
      return { name, path, bytes, text: () => new TextDecoder().decode(bytes) }
    } finally {
      await file.close()
    }
  }
}

/** The file that a function asks for. Throws CORE_NO_CACHED_FILE. */
export function cachedFileOf(files: ReadonlyMap<string, CachedFile>, name: string, operator: string): CachedFile {
  const file = files.get(name)
  if (file !== undefined) return file
  const known = files.size === 0 ? 'none is registered' : `registered: ${[...files.keys()].join(', ')}`
  const message = `"${operator}" asked for the cached file '${name}'; ${known}; call env.registerCachedFile(path, '${name}') in build`
  throw new MillraceError('CORE_NO_CACHED_FILE', message, { origin: 'user', at: { operator } })
}
