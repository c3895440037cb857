import { createDataOutput } from '../../types/byte-data-output.ts'
import { mayGenerateCode } from '../../types/code-generation.ts'
import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import type { AnyType, TypeSerializer } from '../../types/type-information.ts'
import type { RowsCodec } from './row-frame.ts'

interface RowLoops {
  writeRows(values: readonly unknown[], output: DataOutput): void
  readRows(count: number, input: DataInput): unknown[]
}

/**
 * Rows one after the other, as the serializer of their type writes them. A row codec compiles itself when it is first called:
 * one row goes ahead of the loops, so that they only ever call the result, and V8 can inline it.
 */
export function typedRows(type: AnyType): RowsCodec {
  const serializer = type.serializer as TypeSerializer<unknown>
  const loops = mayGenerateCode() ? compileLoops(serializer) : plainLoops(serializer)
  let called = false
  return {
    writeRows(values, output) {
      if (!called) serializer.write(values[0], createDataOutput())
      called = true
      loops.writeRows(values, output)
    },
    readRows(count, bytes, input) {
      if (!called) {
        const { position, remaining } = input
        serializer.read(input)
        input.wrap(bytes, position, position + remaining)
      }
      called = true
      return loops.readRows(count, input)
    },
  }
}

let compiled = 0

/** The plain loops in a text of their own: V8 shares type feedback between functions of equal text, and other types would spoil it. */
function compileLoops(serializer: TypeSerializer<unknown>): RowLoops {
  const source = `'use strict'
return {
  writeRows(values, output) {
    for (let index = 0; index < values.length; index++) serializer.write(values[index], output)
  },
  readRows(count, input) {
    const values = []
    for (let index = 0; index < count; index++) values.push(serializer.read(input))
    return values
  },
}
//# sourceURL=millrace-row-loops-${compiled++}`
  // oxlint-disable-next-line typescript/no-implied-eval -- nothing of the job goes into it
  const generate = new Function('serializer', source)
  return generate(serializer) as RowLoops
}

function plainLoops(serializer: TypeSerializer<unknown>): RowLoops {
  return {
    writeRows(values, output) {
      for (let index = 0; index < values.length; index++) serializer.write(values[index], output)
    },
    readRows(count, input) {
      const values: unknown[] = []
      for (let index = 0; index < count; index++) values.push(serializer.read(input))
      return values
    },
  }
}
