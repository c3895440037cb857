import { expect, test } from 'vitest'
import { createFileSystems } from '../../src/file-system/file-systems.ts'
import { localFileSystem } from '../../src/file-system/local-file-system.ts'

const s3 = { ...localFileSystem(), scheme: 's3' }

test.each(['data/x.csv', '/data/x', 'file:///data/x', 'file:/data/x', 'C:\\data', 'day:1/x', './a:b'])('%s is local', (path) => {
  expect(createFileSystems([s3]).forPath(path).scheme).toBe('file')
})

test('a scheme finds its file system, whatever its case', () => {
  expect(createFileSystems([s3]).forPath('s3://bucket/key')).toBe(s3)
  expect(createFileSystems([s3]).forPath('S3://bucket/key')).toBe(s3)
  expect(createFileSystems([s3]).schemes).toEqual(['file', 's3'])
})

test('an unknown scheme is named together with the package that provides it', () => {
  expect(() => createFileSystems().forPath('s3://bucket/key')).toThrow(
    expect.objectContaining({ code: 'CORE_UNKNOWN_FILE_SYSTEM', origin: 'user', message: expect.stringMatching(/s3: of s3:\/\/bucket\/key.*Known here: file.*@millrace\/connector-s3/) }),
  )
})
