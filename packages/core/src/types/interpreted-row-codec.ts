import { inField } from './type-mismatch.ts'
import type { RowCodec, RowPlan } from './row-plan.ts'

/** The readable reference of the row format, and the codec where generating code is forbidden. */
export function interpretRowCodec<T>({ fields, nullBytes, notARow }: RowPlan): RowCodec<T> {
  const bitmap = new Uint8Array(nullBytes)
  return {
    write(value, output) {
      if (typeof value !== 'object' || value === null) throw notARow(value)
      const row = value as Record<string, unknown>
      bitmap.fill(0)
      for (const { name, nullBit } of fields) {
        if (nullBit !== undefined && row[name] === null) bitmap[nullBit >> 3] = (bitmap[nullBit >> 3] as number) | (1 << (nullBit & 7))
      }
      output.writeRaw(bitmap)
      for (const { name, serializer, nullBit } of fields) {
        const fieldValue = row[name]
        if (nullBit !== undefined && fieldValue === null) continue
        try {
          serializer.write(fieldValue, output)
        } catch (error) {
          throw inField(error, name)
        }
      }
    },
    read(input) {
      const nulls = input.readRaw(nullBytes)
      const row: Record<string, unknown> = {}
      for (const { name, serializer, nullBit } of fields) {
        const isNull = nullBit !== undefined && ((nulls[nullBit >> 3] as number) & (1 << (nullBit & 7))) !== 0
        row[name] = isNull ? null : serializer.read(input)
      }
      return row as T
    },
  }
}
