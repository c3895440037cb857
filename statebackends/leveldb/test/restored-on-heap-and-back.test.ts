import { heapStateBackend } from '@millrace/core'
import { stateBackendSuite } from '@millrace/core/testing'
import { describe, test } from 'vitest'
import { leveldbStateBackend } from '../src/index.ts'

// what the suite opens in turn is on the heap and on LevelDB, so snapshots of each are restored on the other
describe('in turn with the heap', () => {
  const backends = [leveldbStateBackend({ cacheBytes: 50_000, writeBufferBytes: 256 * 1024 }), heapStateBackend()] as const
  let opened = 0
  stateBackendSuite({ describe, test }, () => (opened++ % 2 === 0 ? backends[0] : backends[1]))
})
