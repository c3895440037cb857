import type { Committer, CommitToken, FileSystems } from '@millrace/core/spi'
import { inGroups } from './in-groups.ts'
import { recoverableWriterFor } from './recoverable-writer-for.ts'

/** A finished file that waits for its checkpoint. */
export interface FileCommittable {
  /** Its final name. */
  readonly path: string
  readonly token: CommitToken
}

/** Gives finished files their final names. A file that has it already is left alone, so commits can be replayed. */
export function fileCommitter(fileSystems: FileSystems): Committer<FileCommittable> {
  return {
    commit: (committables) => inGroups(committables, ({ path, token }) => recoverableWriterFor(fileSystems, path).commit(token)),
  }
}
