import type { TypeInformation } from '../types/type-information.ts'

/** Names a side output. Two tags with the same id are the same output. */
export interface OutputTag<in out T> {
  readonly id: string
  readonly type: TypeInformation<T>
}

export const OutputTag: { of<T>(id: string, type: TypeInformation<T>): OutputTag<T> } = {
  of: (id, type) => ({ id, type }),
}
