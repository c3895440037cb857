import { stateBackendSuite } from '@millrace/core/testing'
import { describe, test } from 'vitest'
import { memoryStateBackend } from '../src/index.ts'

stateBackendSuite({ describe, test }, () => memoryStateBackend())
