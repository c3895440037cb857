import { draftJob } from './stream-execution-environment.ts'
import type { StreamExecutionEnvironment } from './stream-execution-environment.ts'

/**
 * An environment that runs its job by itself, in this thread, when a stream's `executeAndCollect` is called; once. For
 * scripts, tests and trying things out.
 */
export function createLocalEnvironment(jobName = 'local'): StreamExecutionEnvironment {
  const { env } = draftJob(jobName, async (graph, options) => {
    const { submitGraph } = await import('../environment/submit-graph.ts')
    const client = await submitGraph(graph, options)
    return client.done
  })
  return env
}
