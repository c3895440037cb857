import { describe, test } from 'vitest'
import { orderedStoreBackend } from '../../../../src/runtime/state/ordered/ordered-store-backend.ts'
import { stateBackendSuite } from '../../../../src/testing/state-backend-suite.ts'
import { memoryStore } from './memory-store.ts'

// for about a hundred entries: most of what the suite does goes through the store
const cacheBytes = 20_000

stateBackendSuite({ describe, test }, () => orderedStoreBackend({ name: 'memory', open: () => memoryStore({ snapshots: false, late: true }), cacheBytes }))

describe('with snapshots that are read ahead', () => {
  stateBackendSuite({ describe, test }, () => orderedStoreBackend({ name: 'memory', open: () => memoryStore({ snapshots: true, late: true, reads: true }), cacheBytes }))
})
