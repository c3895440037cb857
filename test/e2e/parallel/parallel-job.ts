import { defineJob } from '@millrace/core'
import { z } from 'zod'
import type { ChaosRun } from '../../chaos/chaos-run.ts'
import { Failpoints } from '../../chaos/faults/failpoints.ts'
import { faultySource } from '../../chaos/faults/faulty-source.ts'
import { chaosJob } from '../../chaos/jobs/all-jobs.ts'
import { withFault, type Fault } from './fault.ts'

/** Any of the chaos jobs, at an address that worker threads can import. */
export default defineJob({
  name: 'parallel',
  params: z.object({ run: z.custom<ChaosRun>(), fault: z.custom<Fault>().optional() }),
  build(env, { run, fault }) {
    const faulty = withFault(fault)
    chaosJob(run.job).build(env, run, { source: (source) => faulty.source(faultySource(source, new Failpoints(undefined), run.recordsPerSecond)), sink: (sink) => faulty.sink(sink) })
  },
})
