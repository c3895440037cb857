import { mayGenerateCode } from './code-generation.ts'
import { compileRowCodec } from './compiled-row-codec.ts'
import { interpretRowCodec } from './interpreted-row-codec.ts'
import { planRow } from './row-plan.ts'
import type { RowCodec, RowField } from './row-plan.ts'
import type { TypeSerializer } from './type-information.ts'

/**
 * The serializer of a row: generated code, or the interpreter with the same bytes where code generation is forbidden
 * (`--disallow-code-generation-from-strings`). Made at first use, so that importing a job compiles nothing.
 */
export function createRowCodec<T>(fields: readonly RowField[]): TypeSerializer<T> {
  let codec: RowCodec<T> | undefined
  const install = (): RowCodec<T> => {
    if (codec !== undefined) return codec
    const plan = planRow(fields)
    codec = mayGenerateCode() ? compileRowCodec<T>(plan) : interpretRowCodec<T>(plan)
    serializer.write = codec.write
    serializer.read = codec.read
    return codec
  }
  const serializer: TypeSerializer<T> = {
    id: 'row',
    version: 1,
    write: (value, output) => install().write(value, output),
    read: (input) => install().read(input),
  }
  return serializer
}
