import { readFileSync } from 'node:fs'

/** True when no process of this machine runs under `pid` any more. Says false when in doubt. */
export function isProcessGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return isZombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM'
  }
}

/** Killed, but still listed because its parent has not asked how it ended: it holds nothing. Only Linux says so (proc(5)). */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The state follows the name, which stands in parentheses and may contain any.
    return 'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2))
  } catch {
    // Gone in between, or /proc is not there: the caller's first answer stands.
    return false
  }
}
