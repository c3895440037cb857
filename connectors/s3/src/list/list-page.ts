import type { S3Requests } from '../client/s3-requests.ts'

/** One answer to a listing. Keys and prefixes are in the order of their UTF-8 bytes. */
export interface ListedPage {
  readonly objects: readonly ListedObject[]
  /** With the delimiter at their end. */
  readonly prefixes: readonly string[]
  readonly next: string | undefined
}

export interface ListedObject {
  readonly key: string
  readonly size: number
  readonly modifiedMs: number
}

export interface ListPageOptions {
  readonly delimiter?: '/'
  /** Only keys after this one. */
  readonly startAfter?: string
  readonly continueAt?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export async function listPage(requests: S3Requests, bucket: string, prefix: string, options: ListPageOptions): Promise<ListedPage> {
  const { delimiter, startAfter, continueAt, signal } = options
  const { Contents = [], CommonPrefixes = [], NextContinuationToken, IsTruncated } = await requests.send({
    doing: 'list',
    path: prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`,
    permission: 's3:ListBucket',
    ...(signal === undefined ? {} : { signal }),
    run: ({ sdk, client }, abortSignal) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(startAfter === undefined || continueAt !== undefined ? {} : { StartAfter: startAfter }),
          ...(continueAt === undefined ? {} : { ContinuationToken: continueAt }),
        }),
        { abortSignal },
      ),
  })
  return {
    objects: Contents.flatMap(({ Key, Size, LastModified }) => (Key === undefined ? [] : [{ key: Key, size: Size ?? 0, modifiedMs: wholeSeconds(LastModified) }])),
    prefixes: CommonPrefixes.flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix])),
    next: IsTruncated === true ? NextContinuationToken : undefined,
  }
}

/** HEAD says no more, and both must say the same of an object: it is how a file that was changed is noticed. */
function wholeSeconds(time: Date | undefined): number {
  return Math.floor((time?.getTime() ?? 0) / 1000) * 1000
}

/** All objects below a prefix, page by page, the next page being fetched while one is used. */
export async function* listBelow(requests: S3Requests, bucket: string, prefix: string, options: ListPageOptions): AsyncGenerator<ListedObject> {
  let page: Promise<ListedPage> | undefined = listPage(requests, bucket, prefix, options)
  while (page !== undefined) {
    const { objects, next }: ListedPage = await page
    page = next === undefined ? undefined : listPage(requests, bucket, prefix, { ...options, continueAt: next })
    page?.catch(() => {}) // awaited in the next round, unless the reader leaves before
    yield* objects
  }
}
