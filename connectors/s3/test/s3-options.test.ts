import { describe, expect, it } from 'vitest'
import { s3FileSystem } from '@millrace/connector-s3'
import { toConfig } from '../src/s3-options.ts'

describe('options', () => {
  it('takes region and endpoint from the environment, and paths for buckets with an endpoint of one’s own', () => {
    expect(toConfig({}, {})).toMatchObject({ region: undefined, endpoint: undefined, forcePathStyle: false, conditionalWrites: true })
    expect(toConfig({}, { AWS_REGION: 'eu-west-1' }).region).toBe('eu-west-1')
    expect(toConfig({}, { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' })).toMatchObject({ endpoint: 'http://127.0.0.1:9000', forcePathStyle: true, region: 'us-east-1' })
    expect(toConfig({ endpoint: 'https://r2', region: 'auto', forcePathStyle: false }, { AWS_REGION: 'x' })).toMatchObject({ region: 'auto', forcePathStyle: false })
  })

  it.each([
    [{ partBytes: 1024 }, 'partBytes'],
    [{ partBytes: 8 * 1024 ** 2, writeBudgetBytes: 1024 ** 2 }, 'writeBudgetBytes'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ maxAttempts: 1.5 }, 'maxAttempts'],
    [{ readAheadBytes: -1 }, 'readAheadBytes'],
    [{ endpoint: '127.0.0.1:9000' }, 'endpoint'],
  ])('refuses %o', (options, name) => {
    expect(() => s3FileSystem(options)).toThrow(expect.objectContaining({ code: 'S3_BAD_OPTION', message: expect.stringContaining(name) as string }))
  })

  it('shows no credentials in what may be printed', () => {
    const fileSystem = s3FileSystem({ region: 'eu-west-1', credentials: { accessKeyId: 'id', secretAccessKey: 'secret-value' } })
    expect(JSON.stringify(fileSystem)).not.toContain('secret-value')
  })
})
