import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamExecutionEnvironment } from '@millrace/core'
import { checkpoint, collectingSink, end, scriptedSource, testJob } from '@millrace/core/testing'
import { filesystemCheckpointStorage } from '@millrace/statebackend-filesystem'
import { expect, test } from 'vitest'

test.each([false, true])('a restart on the same machine reads keyed state from its local copy; incremental: %s', async (incremental) => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-local-recovery-'))
  try {
    const sink = collectingSink<number>()
    const script = [1, 2, 3, checkpoint, 4, checkpoint, 5]
    const build = (whole: boolean) => (env: StreamExecutionEnvironment) =>
      env
        .fromSource(scriptedSource<number>(whole ? [...script, 6, end] : script), undefined, { uid: 'numbers' })
        .keyBy((n) => n % 2)
        .reduce((a, b) => a + b)
        .uid('sums')
        .sinkTo(sink, { uid: 'sink' })
    const checkpoints = { interval: '10ms', incremental, storage: filesystemCheckpointStorage(join(directory, 'remote'), { localRecovery: join(directory, 'local') }) } as const
    const first = await testJob(build(false), { checkpoints })
    await first.until(() => first.client.status().recordsIn === 5)
    const seen = first.client.status().lastCheckpoint?.checkpointId ?? 0
    await first.until(() => (first.client.status().lastCheckpoint?.checkpointId ?? 0) > seen + 1)
    await first.cancel()
    // only the metadata stays where checkpoints are kept
    const remote = join(directory, 'remote', 'test')
    for (const name of await readdir(remote, { recursive: true })) if (/^(chk|shared)-.*\/[^_.][^/]*$/.test(name)) await rm(join(remote, name))
    const second = await testJob(build(true), { checkpoints, from: 'latest' })
    await second.finish()
    expect(sink.values).toEqual([1, 2, 4, 6, 9, 12])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
