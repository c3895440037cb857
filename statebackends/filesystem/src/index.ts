/** Keyed state on the heap, and checkpoints on any file system: how most jobs run. */
export { heapStateBackend as filesystemStateBackend } from '@millrace/core'
export type { HeapStateOptions as FilesystemStateOptions } from '@millrace/core'
export { filesystemCheckpointStorage } from './filesystem-checkpoint-storage.ts'
export type { FilesystemCheckpointOptions } from './filesystem-checkpoint-storage.ts'
