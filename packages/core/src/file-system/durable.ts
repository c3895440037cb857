import { link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemErrorCode } from './node-file-error.ts'

/** Makes the names in a directory durable: fsync of a file covers its bytes, not its directory entry (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return // directories cannot be opened there, and NTFS journals names
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Gives a finished temporary file its final name, durably. With `ifAbsent`, only if nothing has that name: a hard link is
 * refused by the kernel where the name is taken, while a rename would replace the file (link(2), rename(2)).
 * After a crash in between both names exist; called again it finishes the work.
 */
export async function moveIntoPlace(temporary: string, target: string, ifAbsent: boolean): Promise<void> {
  if (ifAbsent) {
    await link(temporary, target).catch(async (error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST' || !(await isSameFile(temporary, target))) throw error
    })
    await rm(temporary, { force: true })
  } else {
    await rename(temporary, target)
  }
  await syncDirectory(dirname(target))
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(a, { bigint: true }), stat(b, { bigint: true })])
  return left.ino === right.ino && left.dev === right.dev
}
