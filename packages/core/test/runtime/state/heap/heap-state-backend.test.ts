import { describe, test } from 'vitest'
import { heapStateBackend } from '../../../../src/runtime/state/heap/heap-state-backend.ts'
import { stateBackendSuite } from '../../../../src/testing/state-backend-suite.ts'

stateBackendSuite({ describe, test }, () => heapStateBackend())
