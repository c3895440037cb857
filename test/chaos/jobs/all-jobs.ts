import { broadcast } from './broadcast.ts'
import type { ChaosJob } from './chaos-job.ts'
import { fileToFile } from './file-to-file.ts'
import { keyedCount } from './keyed-count.ts'
import { timers } from './timers.ts'
import { userFunctions } from './user-functions.ts'
import { session, sliding, tumbling } from './windows.ts'

export const chaosJobs: readonly ChaosJob[] = [keyedCount, tumbling, sliding, session, timers, broadcast, fileToFile]

export function chaosJob(name: string): ChaosJob {
  const found = [...chaosJobs, userFunctions].find((job) => job.name === name)
  if (found === undefined) throw new Error(`no chaos job is called ${name}; there are ${chaosJobs.map((job) => job.name).join(', ')}`)
  return found
}
