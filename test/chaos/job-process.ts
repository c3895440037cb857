/** One process of a chaos run: started, killed and started again by the supervisor. Says each completed checkpoint on standard output. */
import { writeSync } from 'node:fs'
import { defineJob, fileCheckpointStorage, runMain } from '@millrace/core'
import { checkpointDirectory, fromEnvironment } from './chaos-run.ts'
import { createBackend } from './faults/create-backend.ts'
import { Failpoints } from './faults/failpoints.ts'
import { faultyBackend } from './faults/faulty-backend.ts'
import { faultyFileSystem } from './faults/faulty-file-system.ts'
import { faultySink } from './faults/faulty-sink.ts'
import { faultySource } from './faults/faulty-source.ts'
import { faultyStorage } from './faults/faulty-storage.ts'
import { chaosJob } from './jobs/all-jobs.ts'
import { plantedBug } from './planted/all-planted-bugs.ts'
import { mix, randomFrom } from './random.ts'
import { s3FileSystemOf } from './s3/s3-place.ts'

const run = fromEnvironment(process.env)
const failpoints = new Failpoints(run.failpoint)
const bug = run.planted === undefined ? undefined : plantedBug(run.planted)
const { name, build } = chaosJob(run.job)

const job = defineJob({
  name,
  build: (env) =>
    build(env, run, {
      source: (source) => faultySource(bug?.source?.(source) ?? source, failpoints, run.recordsPerSecond),
      sink: (sink) => faultySink(bug?.sink?.(sink) ?? sink, failpoints),
    }),
})

const faulty = faultyStorage(fileCheckpointStorage(checkpointDirectory(run)), {
  failpoints,
  random: randomFrom(mix(run.seed, run.life)),
  uploadFailures: run.uploadFailures,
  // synchronously: what the supervisor has read, this process has done before it was killed
  onCompleted: (checkpointId) => void writeSync(1, `completed ${checkpointId}\n`),
})

const backend = createBackend(run)
await runMain(job, import.meta.url, {
  parallelism: run.rescales ? 1 + (mix(run.seed, run.life, 1) % 3) : run.parallelism,
  maxParallelism: 128,
  stateBackend: faultyBackend(bug?.backend?.(backend) ?? backend, failpoints),
  fileSystems: [faultyFileSystem(failpoints, run.fullDisk), ...(run.s3 === undefined ? [] : [s3FileSystemOf(run.s3)])],
  checkpoints: { storage: bug?.storage?.(faulty, run) ?? faulty, interval: `${run.checkpointIntervalMs}ms`, incremental: run.snapshots === 'incremental', tolerableFailures: run.uploadFailures > 0 ? 1_000_000 : 0 },
  // whatever fails inside a process must be seen, not mended
  restart: { kind: 'none' },
  from: 'latest',
})
