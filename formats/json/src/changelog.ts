import { types } from '@millrace/core'
import type { TypeInformation } from '@millrace/core'

/** What happened to a row. An update is two records: the row as it was, then the row as it is. */
export type RowKind = 'insert' | 'update-before' | 'update-after' | 'delete'

/** A row with what happened to it. */
export interface Change<T> {
  readonly kind: RowKind
  readonly row: T
}

/** The type of changes of rows of a type. */
export function changeType<T>(type: TypeInformation<T>): TypeInformation<Change<T>> {
  return types.row({ kind: types.enumOf('insert', 'update-before', 'update-after', 'delete'), row: type }) as TypeInformation<Change<T>>
}
