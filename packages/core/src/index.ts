export * as types from './types/types.ts'
export type { Infer, TypeInformation, TypeSchema } from './types/type-information.ts'
