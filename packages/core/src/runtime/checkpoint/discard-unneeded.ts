import { describeError, MillraceError } from '../../errors.ts'
import type { CheckpointStore, StateHandle } from '../../spi/checkpoint-storage.ts'
import type { Logger } from '../../spi/logger.ts'
import { decodeCheckpointMetadata, filesOf } from './checkpoint-metadata.ts'

/**
 * Removes shared state, written for checkpoints up to `checkpointId`, that no completed checkpoint of the job needs: their metadata
 * says which does. While one of them cannot be read nothing is removed, since it might need anything.
 */
export async function discardUnneededState(store: CheckpointStore, checkpointId: number, logger: Logger): Promise<void> {
  if (store.discardShared === undefined) return
  const needed: StateHandle[] = []
  for (const { pointer } of await store.list()) {
    try {
      const { operators } = decodeCheckpointMetadata(await store.readMetadata(pointer), pointer)
      for (const { subtasks } of operators) for (const { keyed } of subtasks) if (keyed !== undefined) needed.push(...filesOf(keyed))
    } catch (error) {
      if (!MillraceError.is(error) || !error.code.startsWith('CKPT_')) throw error
      logger.warn({ checkpoint: pointer, error: describeError(error) }, 'shared state is not cleaned up while a checkpoint cannot be read')
      return
    }
  }
  await store.discardShared(needed, checkpointId)
}
