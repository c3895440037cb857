import { describe, expect, test } from 'vitest'
import type { OpenTransaction, TransactionCoordinatorClient } from '../../src/client/transaction-coordinator-client.ts'
import { abortLingering, type Lingering } from '../../src/sink/lingering-transactions.ts'
import { parseTransactionalId, transactionalId } from '../../src/sink/transactional-id.ts'

/** A coordinator that knows which ids are open and which were ever used. */
function coordinatorWith(open: readonly string[], used: readonly string[] | undefined): TransactionCoordinatorClient & { readonly initialized: string[] } {
  const epochs = new Map((used ?? []).map((id) => [id, 0]))
  const initialized: string[] = []
  return {
    initialized,
    commit: () => Promise.reject(new Error('not asked for')),
    initialize(id) {
      initialized.push(id)
      const epoch = (epochs.get(id) ?? -1) + 1
      epochs.set(id, epoch)
      return Promise.resolve({ producerId: 1n, epoch })
    },
    listOpen: (prefix) =>
      Promise.resolve(
        used !== undefined
          ? undefined
          : open
              .filter((id) => id.startsWith(prefix))
              .map((id): OpenTransaction => ({ transactionalId: id, state: 'Ongoing', producerId: 1n, epoch: 0, startTimestamp: 0, timeoutMs: 1, partitions: [] })),
      ),
  }
}

const settings = { prefix: 'job', timeoutMs: 1000, subtask: 0, parallelism: 2, generation: 11, restored: [] } satisfies Omit<Lingering, 'coordinator'>
const state = (subtask: number, generation: number, sequence: number): Lingering['restored'][number] => ({ prefix: 'job', subtask, generation, sequence })

describe('what earlier attempts left open, where the broker lists it', () => {
  test('is aborted from the restored checkpoint on, by one subtask each', async () => {
    const open = ['job-0-11-0', 'job-1-11-0', 'job-2-12-4', 'job-3-11-0', 'other-0-11-0', 'job-x-11-0', 'job-0-11']
    const coordinators = [0, 1].map(() => coordinatorWith(open, undefined))
    await Promise.all(coordinators.map((coordinator, subtask) => abortLingering({ ...settings, coordinator, subtask })))
    expect(coordinators.map(({ initialized }) => initialized)).toEqual([
      ['job-0-11-0', 'job-2-12-4'],
      ['job-1-11-0', 'job-3-11-0'],
    ])
  })

  test('is left alone if the checkpoint may contain it: it will be committed', async () => {
    const coordinator = coordinatorWith(['job-0-5-6', 'job-0-5-7', 'job-0-5-8', 'job-1-5-9', 'job-0-4-9'], undefined)
    await abortLingering({ ...settings, coordinator, restored: [state(0, 5, 7)] })
    expect(coordinator.initialized).toEqual(['job-0-5-7', 'job-0-5-8'])
  })

  test('is found under an earlier prefix too', async () => {
    const coordinator = coordinatorWith(['before-3-5-7', 'before-3-5-6'], undefined)
    await abortLingering({ ...settings, coordinator, restored: [{ ...state(3, 5, 7), prefix: 'before' }] })
    expect(coordinator.initialized).toEqual(['before-3-5-7'])
  })
})

describe('where the broker cannot list it', () => {
  test('ids are taken over until one was never used', async () => {
    const coordinator = coordinatorWith([], ['job-0-5-7', 'job-0-5-8', 'job-0-11-0', 'job-0-11-1', 'job-2-11-0'])
    await abortLingering({ ...settings, coordinator, restored: [state(0, 5, 7)] })
    expect(coordinator.initialized).toEqual(['job-0-5-7', 'job-0-5-8', 'job-0-5-9', 'job-0-11-0', 'job-0-11-1', 'job-0-11-2', 'job-2-11-0', 'job-2-11-1', 'job-4-11-0'])
  })
})

test('a transactional id says what it is', () => {
  const name = { subtask: 3, generation: 12, sequence: 0 }
  expect(parseTransactionalId('my-job', transactionalId('my-job', name))).toEqual(name)
  expect(parseTransactionalId('my', transactionalId('my-job', name))).toBeUndefined()
})
