import type { JobGraph } from '../graph/job-graph.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { describeJob } from './describe-job.ts'
import type { JobDescription } from './describe-job.ts'
import { explainMermaid } from './explain-mermaid.ts'
import { explainText } from './explain-text.ts'
import { optimize } from './optimize.ts'
import type { OptimizerOptions } from './optimize.ts'

export interface Explanation {
  readonly text: string
  readonly json: JobDescription
  readonly mermaid: string
}

/** Shows what would be executed, without executing it. Options apply to a graph that is not optimized yet. */
export function explain(job: StreamGraph | JobGraph, options: Partial<OptimizerOptions> = {}): Explanation {
  const json = describeJob('vertices' in job ? job : optimize(job, { parallelism: 1, ...options }))
  return { text: explainText(json), json, mermaid: explainMermaid(json) }
}
