import { stateBackendSuite } from '@millrace/core/testing'
import { describe, test } from 'vitest'
import { leveldbStateBackend } from '../src/index.ts'

describe('with a cache that holds next to nothing', () => {
  stateBackendSuite({ describe, test }, () => leveldbStateBackend({ cacheBytes: 50_000, writeBufferBytes: 256 * 1024 }))
})
