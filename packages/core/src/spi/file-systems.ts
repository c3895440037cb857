import type { FileSystem } from './file-system.ts'

/** The file systems of this job by URL scheme: `file:` and whatever the configuration adds. */
export interface FileSystems {
  /** Throws CORE_UNKNOWN_FILE_SYSTEM when no file system is registered for the path's scheme. Plain paths are `file:`. */
  forPath(path: string): FileSystem
}
