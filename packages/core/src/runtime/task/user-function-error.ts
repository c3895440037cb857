import { describeError, MillraceError } from '../../errors.ts'
import type { ChainedOperator } from '../../graph/job-graph.ts'
import { describeRecord } from '../operators/describe-record.ts'
import { USER_FUNCTION_REMEDY } from '../operators/user-errors.ts'

/** What a user function threw, with the operator and the record it was called for. Located errors stay as they are. */
export function userFunctionError(error: unknown, operator: ChainedOperator | undefined, record: unknown): MillraceError {
  const at = { ...(operator === undefined ? {} : { operator: operator.node.name, uid: operator.uid }), record: describeRecord(record) }
  if (MillraceError.is(error)) return error.at.operator === undefined ? error.located(at) : error
  const message = `A function of operator "${at.operator ?? 'unknown'}" threw for record ${at.record}: ${describeError(error)}${USER_FUNCTION_REMEDY}`
  return new MillraceError('CORE_USER_FUNCTION', message, { origin: 'user', at, cause: error })
}
