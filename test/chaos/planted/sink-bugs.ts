import { copyFile, stat } from 'node:fs/promises'
import { MillraceError } from '@millrace/core/spi'
import type { Committer, Sink, SinkWriterContext } from '@millrace/core/spi'
import { overriding } from '../faults/overriding.ts'
import type { PlantedBug } from './planted-bug.ts'

interface Tagged {
  readonly checkpointId: number
  readonly committable: unknown
}

/** At ten checkpoints a second they take longer than a file stays open: some of them end one. */
const ABORTED_AT_FIRST = 6
/** Checkpoints of this process of which a state file could not be written. */
const aborted = new Set<number>()

/** Bugs in when output becomes visible. */
export const sinkBugs: readonly PlantedBug[] = [
  {
    name: 'commit-before-completion',
    job: 'tumbling',
    // files are finished every few checkpoints: one of these will be among them
    kills: ['completion-before', 'completion-before', 'completion-before', 'completion-before', 'completion-before', 'completion-before'],
    sink: (sink) =>
      overriding(sink, {
        async createWriter(context, restored) {
          const writer = await sink.createWriter(context, restored)
          const committer = await committerOf(sink, context)
          return overriding(writer, {
            async prepareCommit(checkpointId) {
              const committables = (await writer.prepareCommit?.(checkpointId)) ?? []
              await committer.commit(committables)
              return committables
            },
          })
        },
      }),
  },
  {
    name: 'double-commit-after-restore',
    job: 'keyed-count',
    kills: ['commit-after', 'commit-after'],
    sink: (sink) =>
      overriding(sink, {
        async createCommitter(context) {
          const committer = await committerOf(sink, context)
          return {
            async commit(committables) {
              for (const committable of committables) await publishAgain((committable as { readonly path: string }).path)
              await committer.commit(committables)
            },
          }
        },
      }),
  },
  {
    name: 'commit-not-replayed',
    job: 'timers',
    kills: ['commit-before', 'commit-before'],
    sink: (sink) => committingOnly(sink, ({ checkpointId }, { firstCheckpointId }) => checkpointId >= firstCheckpointId),
  },
  {
    name: 'committables-of-an-aborted-checkpoint-discarded',
    job: 'tumbling',
    kills: ['barrier'],
    uploadFailures: 0.1,
    storage: (storage) =>
      overriding(storage, {
        async open(context) {
          const store = await storage.open(context)
          return overriding(store, {
            async createStateOutput(checkpointId, name, target) {
              const output = await store.createStateOutput(checkpointId, name, target)
              return overriding(output, {
                close() {
                  if (aborted.size < ABORTED_AT_FIRST) aborted.add(checkpointId)
                  if (aborted.has(checkpointId)) return Promise.reject(new MillraceError('FS_IO', `Cannot write ${name}: this checkpoint was chosen to fail`, { origin: 'external', retryable: true }))
                  return output.close().catch((error: unknown) => {
                    aborted.add(checkpointId)
                    throw error
                  })
                },
              })
            },
          })
        },
      }),
    sink: (sink) => committingOnly(sink, ({ checkpointId }) => !aborted.has(checkpointId)),
  },
  {
    name: 'unfinished-files-forgotten',
    job: 'sliding',
    kills: ['completion-after', 'completion-after', 'completion-after'],
    sink: (sink) => overriding(sink, { createWriter: (context) => sink.createWriter(context, []) }),
  },
]

async function committerOf<T>(sink: Sink<T>, context: SinkWriterContext): Promise<Committer<unknown>> {
  return (await sink.createCommitter?.(context)) as Committer<unknown>
}

/** A file that has been published already is published under another name too. */
async function publishAgain(path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  if (isThere) await copyFile(path, `${path}.again`)
}

/** Forgets the committables that `isDue` does not let through. */
function committingOnly<T>(sink: Sink<T>, isDue: (committable: Tagged, context: SinkWriterContext) => boolean): Sink<T> {
  return overriding(sink, {
    async createWriter(context, restored) {
      const writer = await sink.createWriter(context, restored)
      return overriding(writer, {
        prepareCommit: async (checkpointId) => ((await writer.prepareCommit?.(checkpointId)) ?? []).map((committable): Tagged => ({ checkpointId, committable })),
      })
    },
    async createCommitter(context) {
      const committer = await committerOf(sink, context)
      return { commit: (committables) => committer.commit((committables as readonly Tagged[]).filter((tagged) => isDue(tagged, context)).map(({ committable }) => committable)) }
    },
  })
}
