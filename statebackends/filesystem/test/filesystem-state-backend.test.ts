import { stateBackendSuite } from '@millrace/core/testing'
import { describe, test } from 'vitest'
import { filesystemStateBackend } from '../src/index.ts'

stateBackendSuite({ describe, test }, () => filesystemStateBackend())
