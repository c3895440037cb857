import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { generic } from './generic-type.ts'
import { typeOfJsonSchema } from './json-schema-type.ts'
import { validateWith } from './standard-schema.ts'
import type { AnyType, TypeInformation } from './type-information.ts'

/** A type whose values a validator checks where they come in: formats call `validate` on each record that they decode. */
export interface ValidatedType<T> extends TypeInformation<T> {
  /** What the validator makes of a value. Throws MillraceError CORE_VALIDATION_FAILED. */
  validate(value: unknown): T
}

/**
 * The type of what a Standard Schema validator (zod, valibot, arktype …) lets through. Its structure comes from the library's
 * JSON Schema, where it offers one (`~standard.jsonSchema`) and the schema has no transformations; otherwise the values are
 * validated only, and are `types.generic()` to the engine. Optional properties are refused: make them nullable.
 */
export function validated<S extends StandardSchemaV1>(validator: S): ValidatedType<StandardSchemaV1.InferOutput<S>> {
  type T = StandardSchemaV1.InferOutput<S>
  // The validator promises what the compiler cannot see: that its output has this structure.
  const type = (structureOf(validator) ?? generic<T>()) as TypeInformation<T>
  return { ...type, validate: (value) => validateWith(validator, value) }
}

/** The validation of a type made by `validated`. */
export function validationOf(type: AnyType | undefined): ((value: unknown) => unknown) | undefined {
  return type !== undefined && 'validate' in type ? (type as unknown as ValidatedType<unknown>).validate : undefined
}

function structureOf(validator: StandardSchemaV1): AnyType | undefined {
  const properties = validator['~standard']
  if (!('jsonSchema' in properties)) return undefined
  const { jsonSchema } = properties as unknown as StandardJSONSchemaV1.Props
  let schema: Record<string, unknown>
  try {
    schema = jsonSchema.output({ target: 'draft-2020-12' })
  } catch {
    return undefined // the specification lets a library refuse what JSON Schema cannot say, such as transformations
  }
  return typeOfJsonSchema(schema)
}
