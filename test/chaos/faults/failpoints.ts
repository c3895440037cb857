import type { Failpoint } from '../chaos-run.ts'

/** Where a process can kill itself, by the phase of a checkpoint's or a job's life. */
export const FAILPOINTS = {
  barrier: 'a source takes its position for a checkpoint',
  'barrier-sink': 'a sink prepares its commit behind the barrier',
  snapshot: 'keyed state has been copied, nothing is written yet',
  'snapshot-chunks': 'keyed state is being read out, key group by key group',
  upload: 'a state file is half written',
  'upload-closing': 'a state file is written, and about to get its name',
  'completion-before': 'all tasks have answered, the metadata is not published',
  'completion-after': 'the metadata is published, nobody has been told',
  'commit-before': 'the checkpoint has completed, nothing is committed',
  'commit-half': 'the first of several committables is committed',
  'commit-after': 'everything is committed, the checkpoint still says it is not',
  'clean-up-before': 'an old checkpoint is to be removed',
  'clean-up-half': 'an old checkpoint has lost its metadata, its files are still there',
  'clean-up-shared': 'an old checkpoint is gone, what it shared with others is still there',
  'restore-metadata': 'a new process reads the metadata of the checkpoint',
  'restore-state': 'a new process has read keyed state',
  'restore-sink': 'a new process has resumed unfinished output',
  'lease-before': 'a new process is about to take over the lease',
  'lease-after': 'a new process has the lease, the old one is still there',
  'lease-cleanup': 'a new process has removed what the old one left behind',
} as const

export type FailpointName = keyof typeof FAILPOINTS

/** These are passed when a process starts from a checkpoint, the others while it runs. */
export const RESTART_FAILPOINTS: readonly FailpointName[] = ['restore-metadata', 'restore-state', 'restore-sink', 'lease-before', 'lease-after', 'lease-cleanup']

/** Dies by SIGKILL at the chosen place: nothing is flushed or closed, as in a crash. */
export class Failpoints {
  readonly #chosen: Failpoint | undefined
  #completed = 0
  #hits = 0

  constructor(chosen: Failpoint | undefined) {
    this.#chosen = chosen
  }

  checkpointCompleted(): void {
    this.#completed++
  }

  hit(name: FailpointName): void {
    if (this.#chosen?.name !== name || this.#completed < this.#chosen.afterCheckpoints) return
    if (++this.#hits >= this.#chosen.hit) process.kill(process.pid, 'SIGKILL')
  }
}
