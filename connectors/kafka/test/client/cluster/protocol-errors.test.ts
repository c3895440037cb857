import { expect, test } from 'vitest'
import { failureOf, kafkaError } from '../../../src/client/cluster/protocol-errors.ts'

test.for([
  [1, 'OFFSET_OUT_OF_RANGE', false],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION', true],
  [6, 'NOT_LEADER_OR_FOLLOWER', true],
  [10, 'MESSAGE_TOO_LARGE', false],
  [16, 'NOT_COORDINATOR', true],
  [29, 'TOPIC_AUTHORIZATION_FAILED', false],
  [46, 'DUPLICATE_SEQUENCE_NUMBER', false],
  [47, 'INVALID_PRODUCER_EPOCH', false],
  [48, 'INVALID_TXN_STATE', false],
  [50, 'INVALID_TRANSACTION_TIMEOUT', false],
  [51, 'CONCURRENT_TRANSACTIONS', true],
  [59, 'UNKNOWN_PRODUCER_ID', false],
  [74, 'FENCED_LEADER_EPOCH', true],
  [88, 'UNSTABLE_OFFSET_COMMIT', true],
  [90, 'PRODUCER_FENCED', false],
  [100, 'UNKNOWN_TOPIC_ID', true],
  [105, 'TRANSACTIONAL_ID_NOT_FOUND', false],
  [120, 'TRANSACTION_ABORTABLE', false],
  [999, 'UNKNOWN_ERROR_999', false],
] as const)('error %i is %s', ([code, name, retryable]) => {
  expect(failureOf(code)).toEqual({ code, name, retryable })
})

test('success is no failure', () => {
  expect(failureOf(0)).toBeUndefined()
})

test('what a failure means for the job depends on its kind', () => {
  const errorOf = (code: number): unknown => kafkaError(failureOf(code) ?? { code, name: '', retryable: false }, 'do it')
  expect(errorOf(6)).toMatchObject({ code: 'KAFKA_UNAVAILABLE', retryable: true })
  expect(errorOf(29)).toMatchObject({ code: 'KAFKA_AUTHORIZATION', retryable: false })
  expect(errorOf(87)).toMatchObject({ code: 'KAFKA_BROKER_ERROR', retryable: false, message: expect.stringContaining('INVALID_RECORD') as string })
})
