import type { JobGraph } from '../graph/job-graph.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { validateGraph } from '../graph/validate-graph.ts'
import type { GraphWarning } from '../graph/validate-graph.ts'
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
  /** Of the graph as it was written: a job graph has lost what was pruned. */
  readonly warnings: readonly GraphWarning[]
}

/** Shows what would be executed, without executing it. Options apply to a graph that is not optimized yet. */
export function explain(job: StreamGraph | JobGraph, options: Partial<OptimizerOptions> = {}): Explanation {
  const optimized = 'vertices' in job ? job : optimize(job, { parallelism: 1, ...options })
  const warnings = 'vertices' in job ? [] : validateGraph(job)
  const json = describeJob(optimized)
  return { text: explainText(json) + warningText(warnings), json, mermaid: explainMermaid(json), warnings }
}

function warningText(warnings: readonly GraphWarning[]): string {
  return warnings.map(({ message }) => `\nwarning: ${message}\n`).join('')
}
