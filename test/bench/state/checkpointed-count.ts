import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { count, defineJob, silentLogger, submit } from '@millrace/core'
import type { CheckpointOptions } from '@millrace/core'
import type { StateBackend } from '@millrace/core/spi'
import { functionSink, indexedSource, loadRuntime } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { KeyedUpdates, uniform } from './keyed-updates.ts'

const KEYS = 100_000

/** A job that counts by key, with a checkpoint to local files every second or with none. */
export function checkpointedCount(stateBackend: StateBackend, records: number, checkpointed: boolean): Variant {
  const updates = new KeyedUpdates(KEYS, records, uniform(KEYS))
  return {
    prepare: loadRuntime,
    async run(wanted) {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-checkpoints-'))
      const checkpoints: CheckpointOptions = checkpointed ? { interval: '1s', storage: directory } : {}
      let [rows, digest] = [0, 0]
      const source = indexedSource<{ readonly key: string }>(wanted, (output, from, to) => {
        for (let index = from; index < to; index++) output.collect({ key: updates.key(updates.at(index)) })
      })
      const job = defineJob({
        name: 'checkpointed-count',
        build(env) {
          const counted = env.fromSource(source).uid('updates').keyBy('key').aggregate(count(), (n, key) => ({ key, n }))
          counted.uid('count').sinkTo(
            functionSink(({ n }) => {
              rows++
              digest += n
            }),
            { uid: 'tally' },
          )
        },
      })
      const client = await submit(job, { stateBackend, checkpoints, logger: silentLogger })
      await client.done
      rmSync(directory, { recursive: true, force: true })
      return { rows, digest }
    },
  }
}
