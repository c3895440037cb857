import { MillraceError } from '../../errors.ts'
import type { ChainedOperator } from '../../graph/job-graph.ts'
import { describeRecord } from '../operators/describe-record.ts'

/** What a user function threw, with the operator and the record it was called for. Located errors stay as they are. */
export function userFunctionError(error: unknown, operator: ChainedOperator | undefined, record: unknown): MillraceError {
  const at = { ...(operator === undefined ? {} : { operator: operator.node.name, uid: operator.uid }), record: describeRecord(record) }
  if (MillraceError.is(error)) return error.at.operator === undefined ? error.located(at) : error
  return MillraceError.wrap(error, 'CORE_USER_FUNCTION', `The function of operator "${at.operator ?? 'unknown'}" threw for record ${at.record}`, { origin: 'user', at })
}
