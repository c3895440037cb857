import { describe, expect, test } from 'vitest'
import { BarrierAligner } from '../../../src/runtime/checkpoint/barrier-aligner.ts'
import type { Barrier } from '../../../src/runtime/checkpoint/barrier.ts'

const barrier = (checkpointId: number, aligned = true): Barrier => ({ checkpointId, timestampMs: 0, savepoint: undefined, terminal: false, aligned })

function aligner(channels: number): { readonly aligner: BarrierAligner; take(): string[] } {
  const log: string[] = []
  return {
    aligner: new BarrierAligner(channels, {
      complete: ({ checkpointId }) => log.push(`complete ${checkpointId}`),
      abort: (checkpointId) => log.push(`abort ${checkpointId}`),
      block: (channel) => log.push(`block ${channel}`),
      unblockAll: () => log.push('unblock'),
    }),
    take: () => log.splice(0),
  }
}

describe('aligned', () => {
  test('one channel never blocks', () => {
    const { aligner: one, take } = aligner(1)
    one.barrier(0, barrier(1))
    one.barrier(0, barrier(2))
    expect(take()).toEqual(['unblock', 'complete 1', 'unblock', 'complete 2'])
  })
  test('channels that have delivered are blocked until the last one has', () => {
    const { aligner: three, take } = aligner(3)
    three.barrier(1, barrier(1))
    three.barrier(0, barrier(1))
    expect(three.aligning).toBe(true)
    expect(take()).toEqual(['block 1', 'block 0'])
    three.barrier(2, barrier(1))
    expect(three.aligning).toBe(false)
    expect(take()).toEqual(['unblock', 'complete 1'])
  })
  test('a newer barrier overtakes the checkpoint in progress', () => {
    const { aligner: two, take } = aligner(2)
    two.barrier(0, barrier(1))
    two.barrier(1, barrier(2))
    expect(take()).toEqual(['block 0', 'unblock', 'abort 1', 'block 1'])
    two.barrier(0, barrier(2))
    expect(take()).toEqual(['unblock', 'complete 2'])
  })
  test('late barriers of a checkpoint that is over do nothing', () => {
    const { aligner: two, take } = aligner(2)
    two.barrier(0, barrier(2))
    two.barrier(1, barrier(1))
    expect(take()).toEqual(['block 0'])
    two.barrier(1, barrier(2))
    two.barrier(1, barrier(2))
    expect(take()).toEqual(['unblock', 'complete 2'])
  })
  test('a canceled checkpoint frees the channels, and its late barriers do nothing', () => {
    const { aligner: two, take } = aligner(2)
    two.barrier(0, barrier(1))
    two.cancel(1)
    two.barrier(1, barrier(1))
    two.cancel(1)
    expect(take()).toEqual(['block 0', 'unblock', 'abort 1'])
  })
  test('barriers of a checkpoint canceled before any of them came do nothing', () => {
    const { aligner: two, take } = aligner(2)
    two.cancel(3)
    two.barrier(0, barrier(3))
    expect(take()).toEqual([])
    two.barrier(0, barrier(4))
    two.barrier(1, barrier(4))
    expect(take()).toEqual(['block 0', 'unblock', 'complete 4'])
  })
  test('canceling another checkpoint than the one in progress changes nothing', () => {
    const { aligner: two, take } = aligner(2)
    two.barrier(0, barrier(2))
    two.cancel(1)
    expect(take()).toEqual(['block 0'])
    two.barrier(1, barrier(2))
    expect(take()).toEqual(['unblock', 'complete 2'])
  })
})

test('not aligned: nothing is blocked, the checkpoint completes with the last barrier', () => {
  const { aligner: two, take } = aligner(2)
  two.barrier(0, barrier(1, false))
  expect(take()).toEqual([])
  two.barrier(1, barrier(1, false))
  expect(take()).toEqual(['unblock', 'complete 1'])
})
