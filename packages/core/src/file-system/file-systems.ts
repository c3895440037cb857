import { MillraceError } from '../errors.ts'
import type { FileSystem } from '../spi/file-system.ts'
import { localFileSystem } from './local-file-system.ts'

/** The file systems of one job, by URL scheme. */
export interface FileSystems {
  readonly schemes: readonly string[]
  /** Throws CORE_UNKNOWN_FILE_SYSTEM (origin user) for a scheme that nobody provides. */
  forPath(path: string): FileSystem
}

// At least two letters, so that `C:\data` stays a path; `file:/x` is a valid URL too.
const SCHEME = /^(?:([a-z][a-z0-9+.-]+):\/\/|(file):)/i

/** `file:` and `extra`; of several for one scheme the last one counts. */
export function createFileSystems(extra: readonly FileSystem[] = []): FileSystems {
  const byScheme = new Map([localFileSystem(), ...extra].map((fileSystem) => [fileSystem.scheme, fileSystem]))
  const schemes = [...byScheme.keys()]
  return {
    schemes,
    forPath(path) {
      const match = SCHEME.exec(path)
      const scheme = (match?.[1] ?? match?.[2] ?? 'file').toLowerCase()
      const found = byScheme.get(scheme)
      if (found !== undefined) return found
      throw new MillraceError(
        'CORE_UNKNOWN_FILE_SYSTEM',
        `No file system for ${scheme}: of ${path}. Known here: ${schemes.join(', ')}. Register the one that a package provides ` +
          `(such as @millrace/connector-s3 for s3:) under fileSystems in millrace.config.ts`,
        { origin: 'user', at: { file: path } },
      )
    },
  }
}
