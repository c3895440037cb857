import type { CheckpointStore, KeyedStateSnapshot, StateBackend, StateHandle } from '@millrace/core/spi'
import { decodeCheckpointMetadata } from '../../../packages/core/src/runtime/checkpoint/checkpoint-metadata.ts'
import { overriding } from '../faults/overriding.ts'
import { editMetadata, editSubtasks } from './edit-metadata.ts'
import type { PlantedBug } from './planted-bug.ts'

const NOTHING = new Uint8Array(0)

/** Bugs in what an incremental checkpoint holds, and in which files it needs. */
export const incrementalBugs: readonly PlantedBug[] = [
  {
    name: 'changes-of-an-aborted-checkpoint-lost',
    job: 'keyed-count',
    snapshots: 'incremental',
    kills: ['completion-after', 'completion-after'],
    uploadFailures: 0.4,
    backend: (backend) => {
      let taken: number | undefined
      return snapshotting(backend, (take, checkpointId, since) => {
        const snapshot = take(checkpointId, since === undefined ? undefined : taken)
        taken = checkpointId
        return snapshot.since === undefined || since === undefined ? snapshot : overriding(snapshot, { since })
      })
    },
  },
  {
    name: 'changes-of-a-key-group-left-out',
    job: 'session',
    snapshots: 'incremental',
    kills: ['completion-after', 'completion-after'],
    backend: (backend) => withChunks(backend, (chunk) => (chunk.keyGroup % 8 === 3 ? { keyGroup: chunk.keyGroup, bytes: NOTHING, entries: 0 } : chunk)),
  },
  {
    name: 'removals-left-out',
    job: 'timers',
    snapshots: 'incremental',
    kills: ['completion-after', 'completion-after'],
    backend: (backend) => withChunks(backend, ({ keyGroup, bytes, entries }) => ({ keyGroup, bytes, entries })),
  },
  {
    name: 'shared-file-removed-too-early',
    job: 'sliding',
    snapshots: 'incremental',
    kills: ['completion-before', 'completion-before'],
    storage: (storage) =>
      overriding(storage, {
        async open(context) {
          const store = await storage.open(context)
          return overriding(store, { discardShared: async (needed, checkpointId) => store.discardShared?.(await newestFilesOf(store, needed), checkpointId) })
        },
      }),
  },
  {
    name: 'file-of-the-chain-left-out',
    job: 'tumbling',
    snapshots: 'incremental',
    kills: ['completion-after', 'completion-after'],
    storage: (storage) =>
      overriding(storage, {
        async open(context) {
          const store = await storage.open(context)
          return overriding(store, {
            readMetadata: async (pointer) =>
              editMetadata(await store.readMetadata(pointer), pointer, (operator) =>
                editSubtasks(operator, (subtask) => (subtask.keyed?.base === undefined ? subtask : { ...subtask, keyed: { ...subtask.keyed, base: subtask.keyed.base.slice(0, -1) } })),
              ),
          })
        },
      }),
  },
]

type Take = (checkpointId: number, since: number | undefined) => KeyedStateSnapshot

function snapshotting(backend: StateBackend, plant: (take: Take, checkpointId: number, since: number | undefined) => KeyedStateSnapshot): StateBackend {
  return overriding(backend, {
    async open(context) {
      const state = await backend.open(context)
      return overriding(state, { snapshot: (checkpointId, since) => plant((id, base) => state.snapshot(id, base), checkpointId, since) })
    },
  })
}

/** Edits what snapshots of changes hold. */
function withChunks(backend: StateBackend, edit: (chunk: Chunk) => Chunk): StateBackend {
  return snapshotting(backend, (take, checkpointId, since) => {
    const snapshot = take(checkpointId, since)
    if (snapshot.since === undefined) return snapshot
    return overriding(snapshot, {
      *chunks() {
        for (const chunk of snapshot.chunks()) yield edit(chunk)
      },
    })
  })
}

type Chunk = ReturnType<KeyedStateSnapshot['chunks']> extends Iterable<infer T> ? T : never

/** Without those that they build on. */
async function newestFilesOf(store: CheckpointStore, needed: readonly StateHandle[]): Promise<readonly StateHandle[]> {
  const newest = new Set<string>()
  for (const { pointer } of await store.list()) {
    const { operators } = decodeCheckpointMetadata(await store.readMetadata(pointer), pointer)
    for (const { subtasks } of operators) for (const { keyed } of subtasks) if (keyed !== undefined) newest.add(keyed.handle.path)
  }
  return needed.filter(({ path }) => newest.has(path))
}
