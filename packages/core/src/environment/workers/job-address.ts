import type { MillraceConfig } from '../define-config.ts'

/** Where worker threads find a job. They import it and build it again, because functions cannot be sent to them. */
export interface JobAddress {
  readonly moduleUrl: string
  /** The parameters before the job's schema has seen them. */
  readonly params: unknown
  /** What else cannot be sent (state backend, file systems, storage) is in the default export of this module. */
  readonly config?: { readonly url: string; readonly settings: MillraceConfig }
}
