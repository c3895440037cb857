import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '../errors.ts'

// sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero.
const LONGEST_PATH_BYTES = 103
// Not userInfo(): in a container the user may have a number and no name.
const USER_ID = process.getuid?.() ?? 0
const ON_WINDOWS = process.platform === 'win32'
const PIPES = '\\\\.\\pipe\\'

/** Where the control sockets of one user's jobs lie. */
export interface ControlDirectory {
  /** Of a new job: `<job>-<pid>.sock`, the job's name cut to what fits; a named pipe on Windows. */
  pathFor(jobName: string, pid: number): string
  /** Sockets that exist now, with the process that made each; it may be dead. */
  list(): readonly { readonly path: string; readonly pid: number }[]
  /** Makes the folder for this user alone. Throws CLI_CONTROL_UNAVAILABLE if another user could reach into it. */
  prepare(): void
  remove(path: string): void
}

/** `folder` defaults to `millrace-<user id>` below the folder for temporary files. */
export function controlDirectory(folder: string = join(tmpdir(), `millrace-${USER_ID}`)): ControlDirectory {
  const prefix = ON_WINDOWS ? `millrace-${userInfo().username}-` : ''
  return {
    pathFor(jobName, pid) {
      const suffix = `-${pid}.sock`
      const base = ON_WINDOWS ? PIPES : join(folder, '/')
      const room = LONGEST_PATH_BYTES - Buffer.byteLength(base + prefix + suffix)
      if (room < 1) throw unavailable(`the folder for temporary files has a path too long for a socket; set TMPDIR to a shorter one`, folder)
      return `${base}${prefix}${jobName.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, room)}${suffix}`
    },
    list() {
      const base = ON_WINDOWS ? PIPES : join(folder, '/')
      return readNames(ON_WINDOWS ? PIPES : folder).flatMap((name) => {
        const pid = /-(\d+)\.sock$/.exec(name)?.[1]
        return pid === undefined || !name.startsWith(prefix) ? [] : [{ path: base + name, pid: Number(pid) }]
      })
    },
    prepare() {
      if (ON_WINDOWS) return
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const status = lstatSync(folder)
      // In a shared /tmp another user may have made it first, or put a link there.
      if (!status.isDirectory() || status.uid !== USER_ID) throw unavailable('it does not belong to this user; remove it', folder)
      if ((status.mode & 0o077) !== 0) chmodSync(folder, 0o700)
    },
    remove(path) {
      if (!ON_WINDOWS) rmSync(path, { force: true })
    },
  }
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function unavailable(why: string, folder: string): MillraceError {
  return new MillraceError('CLI_CONTROL_UNAVAILABLE', `Control sockets cannot be kept in ${folder}: ${why}`, { origin: 'external', at: { file: folder } })
}
