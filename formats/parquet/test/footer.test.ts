import { types } from '@millrace/core'
import { expect, test } from 'vitest'
import { parquet } from '../src/index.ts'
import { input, readParquet, writeParquet } from './read-parquet.ts'

test('a footer with any wrong bit gives rows or an error of ours, and never a reader without an end', async () => {
  const Row = types.row({ id: types.long(), tags: types.list(types.string()) })
  const file = writeParquet(parquet(Row, { rowGroupRows: 20 }).fileWriter, Array.from({ length: 40 }, (_, id) => ({ id, tags: ['a'] })))
  const footer = file.length - 8 - file.readUInt32LE(file.length - 8)
  const errors: string[] = []
  for (let at = footer; at < file.length; at++) {
    for (const flip of [1, 16, 128]) {
      const bytes = Buffer.from(file)
      bytes[at] = (bytes[at] as number) ^ flip
      await readParquet(parquet(Row).fileReader, input(bytes)).then(({ rows }) => expect(rows.length).toBeLessThanOrEqual(40), (error: { readonly code: string; readonly message: string }) => {
        expect(error.code).toMatch(/^PARQUET_/)
        errors.push(error.message)
      })
    }
  }
  expect(errors.some((message) => message.includes('a number of rows in every row group'))).toBe(true)
})
