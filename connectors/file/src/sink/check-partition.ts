import { MillraceError } from '@millrace/core/spi'

/** Throws FILE_BAD_PARTITION unless `partition` is empty or a relative directory that stays below the sink's path. */
export function checkPartition(partition: string): void {
  if (partition === '') return
  const segments = typeof partition === 'string' ? partition.split('/') : ['']
  if (!segments.some((segment) => segment === '' || segment === '.' || segment === '..' || /[\\\0]/.test(segment))) return
  throw new MillraceError(
    'FILE_BAD_PARTITION',
    `Expected partition of fileSink to return a relative directory such as 'day=2001-01-01' or 'a/b' (no empty segment, '.', '..' or backslash), found ${JSON.stringify(partition)}`,
    { origin: 'user' },
  )
}
