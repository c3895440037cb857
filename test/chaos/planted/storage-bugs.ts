import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { CheckpointStorage, CheckpointStore, StateHandle } from '@millrace/core/spi'
import { decodeMetadataFile, encodeMetadataFile } from '../../../packages/core/src/runtime/checkpoint/storage/metadata-file.ts'
import type { OperatorMetadata } from '../../../packages/core/src/runtime/checkpoint/checkpoint-metadata.ts'
import { checkpointDirectory } from '../chaos-run.ts'
import { overriding } from '../faults/overriding.ts'
import { editMetadata, editSubtasks, withoutWatermarks } from './edit-metadata.ts'
import type { PlantedBug } from './planted-bug.ts'

/** After the first upload of a checkpoint has failed, others may still be on their way. */
const LAST_UPLOAD_MS = 60

/** Bugs in what a checkpoint is, and in which one is restored. */
export const storageBugs: readonly PlantedBug[] = [
  {
    name: 'operator-state-lost',
    job: 'broadcast',
    kills: ['completion-after', 'completion-after'],
    storage: (storage) =>
      readingMetadata(storage, (operator) => (operator.uid === 'apply-rules' ? editSubtasks(operator, (subtask) => ({ ...subtask, operatorState: undefined })) : operator)),
  },
  {
    name: 'watermark-not-restored',
    job: 'tumbling',
    // it takes a late event among the first after a restore
    kills: Array.from({ length: 10 }, () => 'completion-after' as const),
    storage: (storage) => readingMetadata(storage, (operator) => editSubtasks(operator, withoutWatermarks)),
  },
  {
    name: 'older-checkpoint-restored',
    job: 'keyed-count',
    kills: ['barrier', 'barrier'],
    storage: (storage) =>
      storing(storage, (store) => ({
        discard: () => Promise.resolve(),
        list: async () => (await store.list()).slice(1),
      })),
  },
  {
    name: 'aborted-checkpoint-picked-up',
    job: 'sliding',
    kills: ['snapshot', 'snapshot', 'snapshot'],
    uploadFailures: 0.5,
    storage: (storage) => storing(storage, publishingAborted),
  },
  {
    name: 'half-written-checkpoint-picked-up',
    job: 'keyed-count',
    kills: ['completion-before', 'completion-before'],
    storage: (storage, run) =>
      storing(storage, (store) => ({
        async acquireLease(owner) {
          await completeHalfWritten(`${checkpointDirectory(run)}/${run.job}`)
          return store.acquireLease(owner)
        },
      })),
  },
]

function storing(storage: CheckpointStorage, plant: (store: CheckpointStore) => Partial<CheckpointStore>): CheckpointStorage {
  return overriding(storage, {
    async open(context) {
      const store = await storage.open(context)
      return overriding(store, plant(store))
    },
  })
}

function readingMetadata(storage: CheckpointStorage, edit: (operator: OperatorMetadata) => OperatorMetadata): CheckpointStorage {
  return storing(storage, (store) => ({ readMetadata: async (pointer) => editMetadata(await store.readMetadata(pointer), pointer, edit) }))
}

/** What a failed checkpoint has uploaded is published, with the rest from the checkpoint before it. */
function publishingAborted(store: CheckpointStore): Partial<CheckpointStore> {
  let last: { readonly pointer: string; readonly metadata: Uint8Array } | undefined
  const completed = new Set<number>()
  const uploaded = new Map<number, StateHandle[]>()
  return {
    async createStateOutput(checkpointId, name, target) {
      const output = await store.createStateOutput(checkpointId, name, target)
      return overriding(output, {
        async close() {
          const handle = await output.close()
          uploaded.set(checkpointId, [...(uploaded.get(checkpointId) ?? []), handle])
          return handle
        },
      })
    },
    async complete(checkpointId, metadata, target) {
      const checkpoint = await store.complete(checkpointId, metadata, target)
      completed.add(checkpointId)
      last = { pointer: checkpoint.pointer, metadata }
      return checkpoint
    },
    async discard(checkpointId) {
      if (!completed.has(checkpointId)) await delay(LAST_UPLOAD_MS)
      const handles = uploaded.get(checkpointId)
      if (completed.has(checkpointId) || handles === undefined || last === undefined) return store.discard(checkpointId)
      const directory = last.pointer.replace(/chk-\d+/, `chk-${checkpointId}`)
      await store.complete(checkpointId, await mixed(last, directory, handles, checkpointId), undefined)
    },
  }
}

/** The newest directory without metadata gets that of the newest complete checkpoint. */
async function completeHalfWritten(root: string): Promise<void> {
  const checkpoints = (await readdir(root).catch(() => [])).filter((name) => name.startsWith('chk-')).toSorted((a, b) => idOf(b) - idOf(a))
  const complete: string[] = []
  for (const name of checkpoints) if ((await readdir(`${root}/${name}`)).includes('_metadata')) complete.push(name)
  const [newest, last] = [checkpoints[0], complete[0]]
  if (newest === undefined || last === undefined || newest === last) return
  const file = decodeMetadataFile(await readFile(`${root}/${last}/_metadata`), last)
  const handles: StateHandle[] = []
  for (const path of await readdir(`${root}/${newest}`)) if (!path.startsWith('.')) handles.push({ path, sizeBytes: (await readFile(`${root}/${newest}/${path}`)).length })
  const metadata = await mixed({ pointer: `${root}/${last}`, metadata: file.metadata }, `${root}/${newest}`, handles, idOf(newest))
  await writeFile(`${root}/${newest}/_metadata`, encodeMetadataFile({ metadata, completedMs: file.completedMs }))
}

function idOf(name: string): number {
  return Number(/^chk-(\d+)/.exec(name)?.[1])
}

/** Metadata of `last` that points to the newer state files where there are some; the others are copied. */
async function mixed(last: { readonly pointer: string; readonly metadata: Uint8Array }, directory: string, handles: readonly StateHandle[], checkpointId: number): Promise<Uint8Array> {
  const copies: Promise<void>[] = []
  const metadata = editMetadata(
    last.metadata,
    last.pointer,
    (operator) =>
      editSubtasks(operator, (subtask) => {
        if (subtask.keyed === undefined) return subtask
        const { path } = subtask.keyed.handle
        const newer = handles.find((handle) => handle.path === path)
        if (newer === undefined) copies.push(copyFile(`${last.pointer}/${path}`, `${directory}/${path}`))
        return { ...subtask, keyed: { ...subtask.keyed, handle: newer ?? subtask.keyed.handle } }
      }),
    { checkpointId },
  )
  await Promise.all(copies)
  return metadata
}
