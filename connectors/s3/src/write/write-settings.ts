import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import { WRITER_ID } from '../client/head-object.ts'
import type { S3Config } from '../s3-options.ts'

/** How every object is stored, and whose it is. */
export function writeSettings({ serverSideEncryption, kmsKeyId, storageClass }: S3Config, writerId: string): Pick<PutObjectCommandInput, 'ServerSideEncryption' | 'SSEKMSKeyId' | 'StorageClass' | 'Metadata'> {
  return {
    Metadata: { [WRITER_ID]: writerId },
    ...(serverSideEncryption === undefined ? {} : { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    // The type lists the classes of today; a store may have others.
    ...(storageClass === undefined ? {} : { StorageClass: storageClass as NonNullable<PutObjectCommandInput['StorageClass']> }),
  }
}
