import { expect, it } from 'vitest'
import { parseObjectPath, parsePath } from '../src/s3-path.ts'

it('takes keys as they stand', () => {
  expect(parsePath('s3://bucket')).toEqual({ bucket: 'bucket', key: '' })
  expect(parsePath('s3://bucket/')).toEqual({ bucket: 'bucket', key: '' })
  expect(parsePath('s3://bucket/a b%20/c//')).toEqual({ bucket: 'bucket', key: 'a b%20/c' })
})

it.each(['bucket/key', 's3:/bucket/key', 's3:///key', '/bucket/key', 's4://bucket/key'])('refuses %s', (path) => {
  expect(() => parsePath(path)).toThrow(expect.objectContaining({ code: 'S3_BAD_PATH', origin: 'user' }))
})

it('refuses a bucket where an object is needed', () => {
  expect(() => parseObjectPath('s3://bucket/')).toThrow(expect.objectContaining({ code: 'S3_BAD_PATH' }))
})
