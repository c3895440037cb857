import { sameSchema } from '../../types/same-schema.ts'
import type { TypeSchema } from '../../types/type-information.ts'

/** For messages. */
export const EVOLUTION_RULES =
  'What can change in a state are its values: added fields that are nullable, removed fields, fields renamed by types.row(…, { renamed }), int → long → double, float → double, and what may be null now'

/** Whether a serializer is the one of this schema's type, so that its bytes are known. Built-in types have their kind as id and version 1. */
export function wroteSchema({ id, version }: { readonly id: string; readonly version: number }, schema: TypeSchema, encoding?: string): boolean {
  const own = schema.kind === 'custom' ? schema : { id: schema.kind, version: 1 }
  return id === (encoding === undefined ? own.id : `${encoding}(${own.id})`) && version === own.version
}

export function sameOptionalSchema(a: TypeSchema | undefined, b: TypeSchema | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameSchema(a, b)
}
