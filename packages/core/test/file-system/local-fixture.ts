import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localFileSystem } from '../../src/file-system/local-file-system.ts'
import type { FileSystemFixture } from '../../src/testing/file-system-suite.ts'

export async function localFixture(): Promise<FileSystemFixture> {
  const root = await mkdtemp(join(tmpdir(), 'millrace-'))
  return { fileSystem: localFileSystem(), root, cleanup: () => rm(root, { recursive: true, force: true }) }
}
