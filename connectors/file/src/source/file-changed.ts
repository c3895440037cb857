import { MillraceError } from '@millrace/core/spi'
import type { FileSystem } from '@millrace/core/spi'

/** What identified a file when it was discovered. */
export interface KnownFile {
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
}

/** How the file differs from what was discovered, for a message; undefined if it does not. */
export async function describeChange(fileSystem: FileSystem, known: KnownFile): Promise<string | undefined> {
  const status = await fileSystem.status(known.path)
  if (status === undefined) return 'it is gone'
  if (status.size !== known.size) return `expected ${known.size} bytes, found ${status.size}`
  if (status.modifiedMs !== known.modifiedMs) return `expected modification time ${iso(known.modifiedMs)}, found ${iso(status.modifiedMs)}`
  return undefined
}

/** Positions in a changed file mean nothing any more, so reading it would give garbage. */
export function fileChanged(known: KnownFile, found: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'FILE_CHANGED',
    `${known.path} changed after it was discovered: ${found}. Write files under a hidden name (a leading . or _) and rename them when they ` +
      `are complete; to read the new content, start without the old checkpoint`,
    { origin: 'external', at: { file: known.path }, cause },
  )
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
