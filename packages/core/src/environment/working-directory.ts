import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeError } from '../errors.ts'
import { isProcessGone } from '../runtime/checkpoint/storage/process-liveness.ts'
import type { Logger } from '../spi/logger.ts'

const PREFIX = 'millrace-work'
const OWNER = /-(\d+)-(\d+)-[0-9a-f]{8}$/

/** Where state backends of one job keep working files. Made when the first of them needs it. */
export interface WorkingDirectory {
  readonly path: string
  /** With everything in it; after the end of the job. */
  remove(): Promise<void>
}

/**
 * A name of its own for every job, below `parent`, that says whose it is: host, process, and when that started, since in
 * containers every process may have the same id. Those of processes on this host that are gone are removed: killed ones cannot.
 */
export async function openWorkingDirectory(logger: Logger, parent: string = tmpdir()): Promise<WorkingDirectory> {
  const host = `${PREFIX}-${hostname()}`
  for (const name of await readdir(parent).catch(() => [])) {
    if (name.startsWith(host) && isLeftOver(name)) await removeLeftOver(join(parent, name), logger)
  }
  const path = join(parent, `${host}-${process.pid}-${startedMs()}-${randomUUID().slice(0, 8)}`)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

function isLeftOver(name: string): boolean {
  const [, pid, started] = OWNER.exec(name) ?? []
  if (pid === undefined) return false
  return Number(pid) === process.pid ? Number(started) !== startedMs() : isProcessGone(Number(pid))
}

/** It is in nobody's way: a failure is told and no more. */
async function removeLeftOver(path: string, logger: Logger): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
    logger.info({ directory: path }, 'removed working files of a process that is gone')
  } catch (error) {
    logger.warn({ directory: path, error: describeError(error) }, 'working files of a process that is gone cannot be removed')
  }
}

function startedMs(): number {
  return Math.trunc(performance.timeOrigin)
}
