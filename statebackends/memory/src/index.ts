/** Keyed state on the heap, and checkpoints in the memory of the process: for tests, and for jobs that may start over. */
export { heapStateBackend as memoryStateBackend, memoryCheckpointStorage } from '@millrace/core'
export type { HeapStateOptions as MemoryStateOptions, MemoryCheckpointOptions } from '@millrace/core'
