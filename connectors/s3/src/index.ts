export { s3FileSystem } from './s3-file-system.ts'
export type { S3FileSystem } from './s3-file-system.ts'
export type { S3Clock, S3Credentials, S3Options } from './s3-options.ts'
export type { S3Statistics } from './client/s3-requests.ts'
