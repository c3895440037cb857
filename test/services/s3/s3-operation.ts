/** Which operation of S3 a request asks for, of those that Millrace uses (Amazon S3 API Reference). */
export function s3Operation(method: string, url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://store')
  const ofBucket = !pathname.slice(1).replace(/\/$/, '').includes('/')
  const has = (name: string): boolean => searchParams.has(name)
  if (ofBucket) {
    if (method === 'GET') return has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2'
    if (method === 'POST') return 'DeleteObjects'
    return method === 'HEAD' ? 'HeadBucket' : 'CreateBucket'
  }
  if (method === 'HEAD') return 'HeadObject'
  if (method === 'GET') return has('uploadId') ? 'ListParts' : 'GetObject'
  if (method === 'DELETE') return has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'POST') return has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  return has('partNumber') ? 'UploadPart' : 'PutObject'
}
