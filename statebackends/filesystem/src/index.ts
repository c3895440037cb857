/** Keyed state on the heap, and checkpoints on any file system: how most jobs run. */
export { fileCheckpointStorage as filesystemCheckpointStorage, heapStateBackend as filesystemStateBackend } from '@millrace/core'
export type { HeapStateOptions as FilesystemStateOptions } from '@millrace/core'
