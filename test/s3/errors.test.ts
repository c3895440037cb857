import { setTimeout as delay } from 'node:timers/promises'
import { s3FileSystem } from '@millrace/connector-s3'
import type { S3FileSystem, S3Options } from '@millrace/connector-s3'
import { MillraceError } from '@millrace/core'
import type { FileSystem } from '@millrace/core/spi'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startFaultyProxy } from '../services/s3/faulty-proxy.ts'
import type { FaultyProxy } from '../services/s3/faulty-proxy.ts'
import { freshPlace, optionsFor } from './support/fixture.ts'
import { sessionCredentials } from './support/session-credentials.ts'
import { onEachServer, onServer } from './support/with-servers.ts'

const bytes = new TextEncoder().encode('content')

/** Every way to use a path, each of which must fail clearly. */
const uses: Readonly<Record<string, (fileSystem: FileSystem, path: string) => Promise<unknown>>> = {
  status: (fileSystem, path) => fileSystem.status(path),
  open: (fileSystem, path) => fileSystem.open(path),
  list: (fileSystem, path) => fileSystem.list(path)[Symbol.asyncIterator]().next(),
  publish: (fileSystem, path) => fileSystem.publish(path, bytes),
  'publish if absent': (fileSystem, path) => fileSystem.publish(path, bytes, { ifAbsent: true }),
  delete: (fileSystem, path) => fileSystem.delete(path),
  'open a writer': async (fileSystem, path) => fileSystem.createRecoverableWriter?.().open(path),
}

async function failureOf(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (MillraceError.is(error)) return error
  throw new Error('expected a MillraceError', { cause: error })
}

onEachServer('what goes wrong', (server) => {
  let place: Awaited<ReturnType<typeof freshPlace>>
  let proxy: FaultyProxy
  const through = (options: S3Options = {}): S3FileSystem => s3FileSystem({ ...optionsFor(server), endpoint: proxy.endpoint, ...options })
  beforeAll(async () => {
    proxy = await startFaultyProxy(server.endpoint)
  })
  afterAll(() => proxy.stop())
  beforeEach(async () => {
    place = await freshPlace(server)
    proxy.fault = () => undefined
  })

  test.each(Object.keys(uses))('a bucket that does not exist: %s', async (use) => {
    const failure = await failureOf((uses[use] as (typeof uses)['status'])(s3FileSystem(optionsFor(server)), 's3://no-such-bucket-here/key'))
    expect(failure).toMatchObject({ code: 'S3_NO_SUCH_BUCKET', origin: 'user', retryable: false })
    expect(failure.message).toContain('s3://no-such-bucket-here')
  })

  test('an object deleted while it is read', async () => {
    const { fileSystem, root } = place
    await fileSystem.publish(`${root}/f`, bytes)
    const file = await fileSystem.open(`${root}/f`)
    await fileSystem.delete(`${root}/f`)
    expect(await failureOf(file.read(0, 3))).toMatchObject({ code: 'FS_NOT_FOUND', origin: 'external', at: { file: `${root}/f` } })
  })

  test('an object replaced while it is read', async () => {
    const { fileSystem, root } = place
    await fileSystem.publish(`${root}/f`, bytes)
    const file = await fileSystem.open(`${root}/f`)
    await fileSystem.publish(`${root}/f`, new TextEncoder().encode('CONTENT'))
    expect(await failureOf(file.read(0, 3))).toMatchObject({ code: 'S3_OBJECT_CHANGED', origin: 'external', retryable: false })
  })

  test('reads that were under way when the file was closed end', async () => {
    const { root } = place
    await place.fileSystem.publish(`${root}/f`, bytes)
    const file = await through().open(`${root}/f`)
    proxy.fault = () => ({ kind: 'slowFirstByte', delayMs: 3000 })
    const reading = failureOf(file.read(0, 3))
    await delay(50)
    await file.close()
    expect(await reading).toMatchObject({ code: 'FS_IO', origin: 'engine' })
  })

  const answers = [
    ['an expired token', { status: 400, code: 'ExpiredToken' }, { code: 'S3_TOKEN_EXPIRED', origin: 'external' }, 'log in again'],
    ['a clock that is wrong', { status: 403, code: 'RequestTimeTooSkewed' }, { code: 'S3_CLOCK_SKEW', origin: 'external' }, 'clock'],
    ['a bucket in another region', { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'ap-east-1' } }, { code: 'S3_WRONG_REGION', origin: 'user' }, "region: 'ap-east-1'"],
    ['an unknown key', { status: 403, code: 'InvalidAccessKeyId' }, { code: 'S3_BAD_CREDENTIALS', origin: 'user' }, 'access key'],
    ['a missing permission', { status: 403, code: 'AccessDenied' }, { code: 'FS_ACCESS_DENIED', origin: 'external' }, 'allow s3:'],
  ] as const
  test.each(answers.flatMap((answer) => Object.keys(uses).map((use) => [...answer, use] as const)))('%s: %o', async (_, error, expected, hint, use) => {
    const fileSystem = through()
    // one such answer to a question by HEAD alone must be enough for a clear error too
    proxy.fault = () => ({ kind: 'error', ...error })
    const failure = await failureOf((uses[use] as (typeof uses)['status'])(fileSystem, `${place.root}/f`))
    expect(failure).toMatchObject({ ...expected, retryable: false })
    expect(failure.message).toContain(hint)
    expect(fileSystem.statistics.retries).toBeLessThanOrEqual(1)
  })

  test('a clock that is wrong by the difference the store has told is put up with', async () => {
    const fileSystem = through()
    let first = true
    proxy.fault = () => {
      if (!first) return undefined
      first = false
      return { kind: 'error', status: 403, code: 'RequestTimeTooSkewed' }
    }
    await fileSystem.publish(`${place.root}/f`, bytes)
    expect(await place.fileSystem.status(`${place.root}/f`)).toBeDefined()
  })

  test('a store without conditional writes is refused where they are needed, unless they are given up', async () => {
    const refusing = through()
    proxy.fault = ({ operation }) => (operation === 'PutObject' ? { kind: 'error', status: 501, code: 'NotImplemented' } : undefined)
    expect(await failureOf(refusing.publish(`${place.root}/f`, bytes, { ifAbsent: true }))).toMatchObject({ code: 'S3_NOT_SUPPORTED' })
    let puts = 0
    proxy.fault = ({ operation }) => (operation === 'PutObject' && ++puts % 2 === 0 ? { kind: 'error', status: 501, code: 'NotImplemented' } : undefined)
    const failure = await failureOf(refusing.publish(`${place.root}/f`, bytes, { ifAbsent: true }))
    expect(failure).toMatchObject({ code: 'S3_NO_CONDITIONAL_WRITES', origin: 'user' })
    expect(failure.message).toContain('conditionalWrites: false')
    proxy.fault = () => undefined
    const without = through({ conditionalWrites: false })
    expect(without.capabilities.conditionalCreate).toBe(false)
    await without.publish(`${place.root}/f`, bytes, { ifAbsent: true })
    expect(await failureOf(without.publish(`${place.root}/f`, bytes, { ifAbsent: true }))).toMatchObject({ code: 'FS_EXISTS' })
  })

  test('secrets are in no error', async () => {
    const secret = 'do-not-print-this-secret'
    const fileSystem = s3FileSystem({ ...optionsFor(server), credentials: { accessKeyId: 'nobody', secretAccessKey: secret } })
    proxy.fault = () => ({ kind: 'error', status: 403, code: 'SignatureDoesNotMatch' })
    const failure = await failureOf(s3FileSystem({ ...optionsFor(server), endpoint: proxy.endpoint, credentials: { accessKeyId: 'nobody', secretAccessKey: secret } }).open(`${place.root}/f`))
    expect(JSON.stringify(MillraceError.toWire(failure))).not.toContain(secret)
    expect(JSON.stringify(fileSystem)).not.toContain(secret)
  })
})

test('neither credentials nor a region', async () => {
  const before = { ...process.env }
  for (const name of Object.keys(before)) if (name.startsWith('AWS_')) delete process.env[name]
  // no profile of this machine, and no question to a metadata service
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' })
  try {
    expect(await failureOf(s3FileSystem({ endpoint: 'http://127.0.0.1:1' }).open('s3://bucket/key'))).toMatchObject({ code: 'S3_NO_CREDENTIALS', origin: 'user', retryable: false })
    expect(await failureOf(s3FileSystem({ credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }).open('s3://bucket/key'))).toMatchObject({ code: 'S3_NO_REGION', origin: 'user', retryable: false })
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
  }
})

test('an endpoint where nobody listens', async () => {
  const fileSystem = s3FileSystem({ endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 2, random: () => 0 })
  expect(await failureOf(fileSystem.open('s3://bucket/key'))).toMatchObject({ code: 'FS_IO', retryable: true, message: expect.stringContaining('ECONNREFUSED') as string })
})

onServer('what a store that checks says', ({ checksSignatures }) => checksSignatures, (server) => {
  const cases = Object.keys(uses).flatMap((use) => [
    ['a wrong secret', use, { credentials: { accessKeyId: server.accessKeyId, secretAccessKey: 'wrong' } }, 'S3_BAD_CREDENTIALS', 'secret'],
    ['an unknown access key', use, { credentials: { accessKeyId: 'nobody', secretAccessKey: 'wrong' } }, 'S3_BAD_CREDENTIALS', 'access key'],
    ['another region', use, { region: 'us-west-2' }, 'S3_WRONG_REGION', `region: '${server.region}'`],
  ] as const)
  test.each(cases)('%s: %s', async (_, use, options, code, hint) => {
    const { root } = await freshPlace(server)
    const failure = await failureOf((uses[use] as (typeof uses)['status'])(s3FileSystem({ ...optionsFor(server), ...options }), `${root}/f`))
    expect(failure).toMatchObject({ code, origin: 'user', retryable: false })
    expect(failure.message).toContain(hint)
  })

  test('a missing permission names the action, also that to abort', async () => {
    const { root } = await freshPlace(server)
    const credentials = await sessionCredentials(server, ['s3:GetObject', 's3:PutObject', 's3:ListBucket'])
    const fileSystem = s3FileSystem({ ...optionsFor(server), credentials })
    const writer = fileSystem.createRecoverableWriter?.()
    const stream = await writer?.open(`${root}/f`)
    stream?.write(bytes)
    expect(await failureOf(stream?.abandon() ?? Promise.resolve())).toMatchObject({ code: 'FS_ACCESS_DENIED', message: expect.stringContaining(`allow s3:AbortMultipartUpload on arn:aws:s3:::${root.slice('s3://'.length)}/f`) as string })
    await fileSystem.publish(`${root}/g`, bytes)
    expect(await failureOf(fileSystem.delete(`${root}/g`))).toMatchObject({ code: 'FS_ACCESS_DENIED', message: expect.stringContaining('allow s3:DeleteObject') as string })
    const readers = s3FileSystem({ ...optionsFor(server), credentials: await sessionCredentials(server, ['s3:ListBucket']) })
    expect(await failureOf(readers.open(`${root}/g`))).toMatchObject({ code: 'FS_ACCESS_DENIED', message: expect.stringContaining('allow s3:GetObject') as string })
  })
})
