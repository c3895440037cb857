import { describeFlags, HELP_FLAG, invalidArgument, loadConfig, parseArguments } from '@millrace/core/cli'
import type { Flag, ProgramHost } from '@millrace/core/cli'
import { durationMs } from '@millrace/core/spi'
import type { Duration, FileSystem } from '@millrace/core/spi'
import { s3FileSystem } from '../s3-file-system.ts'
import type { S3FileSystem } from '../s3-file-system.ts'

const COMMAND = 'millrace s3 cleanup'
const FLAGS: readonly Flag[] = [
  { name: 'older-than', value: 'DURATION', summary: 'Only what was not touched for so long, such as 12h or 7d. Default: 1d' },
  { name: 'dry-run', summary: 'Only show what would be removed' },
  { name: 'config', value: 'PATH', summary: 'Take the file system from this file instead of the nearest millrace.config.ts' },
  HELP_FLAG,
]

const HELP = `Aborts multipart uploads that nobody goes on with, and deletes the hidden objects of unfinished files.

What is older than every checkpoint and savepoint that will still be restored is safe to remove. Aborts the uploads of other programs
below the path too. Region, endpoint and credentials are those of s3FileSystem in millrace.config.ts, or of the environment.

Usage: ${COMMAND} <s3://bucket/prefix> [flags]

${describeFlags(FLAGS)}`

/** `millrace s3 cleanup s3://bucket/prefix [--older-than 1d] [--dry-run]` */
export async function runS3Command(host: ProgramHost): Promise<number> {
  const [name, ...argv] = host.argv
  const { flags, positionals } = parseArguments(argv, FLAGS, COMMAND)
  if (flags.has(HELP_FLAG.name) || name === undefined || name === '--help' || name === '-h') {
    host.stdout.write(HELP)
    return 0
  }
  if (name !== 'cleanup') throw invalidArgument(`millrace s3 has the command cleanup, found ${name}`)
  const [path, ...others] = positionals
  if (path === undefined || others.length > 0) throw invalidArgument(`${COMMAND} expects one path, such as s3://bucket/prefix, found ${positionals.join(' ') || 'none'}`)
  const olderThan = (flags.get('older-than')?.[0] ?? '1d') as Duration
  durationMs(olderThan) // refused before anything is asked
  const { fileSystems = [] } = await loadConfig(host.directory, flags.get('config')?.[0])
  const dryRun = flags.has('dry-run')
  const { uploads, objects, kept } = await (fileSystems.findLast(isS3) ?? s3FileSystem()).cleanUp(path, { olderThan, dryRun })
  for (const { path: target, initiatedMs } of uploads) host.stdout.write(`upload of ${new Date(initiatedMs).toISOString()}  ${target}\n`)
  for (const { path: hidden, size } of objects) host.stdout.write(`${size} bytes  ${hidden}\n`)
  const younger = kept.length === 0 ? '' : `; ${kept.length} younger uploads are left alone`
  host.stdout.write(`${dryRun ? 'Would remove' : 'Removed'} ${uploads.length} unfinished uploads and ${objects.length} hidden objects below ${path}${younger}\n`)
  return 0
}

function isS3(fileSystem: FileSystem): fileSystem is S3FileSystem {
  return fileSystem.scheme === 's3' && 'cleanUp' in fileSystem
}
