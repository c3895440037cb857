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
import { ioThreadsOf, threadAdvice } from './thread-advice.ts'
import type { IoThreads, ThreadAdvice } from './thread-advice.ts'

export interface Explanation {
  readonly text: string
  readonly json: JobDescription
  readonly mermaid: string
  /** Present if workers were asked for. */
  readonly threads?: ThreadAdvice
  /** Of sources and sinks that ask for threads; empty if none does. */
  readonly ioThreads: readonly IoThreads[]
  /** Of the graph as it was written: a job graph has lost what was pruned. */
  readonly warnings: readonly GraphWarning[]
}

export interface ExplainOptions extends Partial<OptimizerOptions> {
  /** Worker threads the job would run in. Default 0. */
  readonly workers?: number
}

/** Shows what would be executed, without executing it. Optimizer options apply to a graph that is not optimized yet. */
export function explain(job: StreamGraph | JobGraph, { workers = 0, ...options }: ExplainOptions = {}): Explanation {
  const optimized = 'vertices' in job ? job : optimize(job, { parallelism: 1, ...options })
  const warnings = 'vertices' in job ? [] : validateGraph(job)
  const json = describeJob(optimized)
  const threads = threadAdvice(optimized, workers)
  const ioThreads = ioThreadsOf(optimized, workers)
  return {
    text: explainText(json) + threadText(threads) + ioText(ioThreads) + warningText(warnings),
    json,
    mermaid: explainMermaid(json),
    ...(threads === undefined ? {} : { threads }),
    ioThreads,
    warnings,
  }
}

function threadText(threads: ThreadAdvice | undefined): string {
  if (threads === undefined) return ''
  const { slots, slotsOfWorkers, advice } = threads
  const workers = slotsOfWorkers.map((range, worker) => `worker ${worker} has slot ${range}`).join(', ')
  const placed = slotsOfWorkers.length === 1 ? 'no worker threads' : workers
  return `\n${slots} ${slots === 1 ? 'slot' : 'slots'}, each with one subtask of every vertex that is wide enough: ${placed}\n${advice === null ? '' : `hint: ${advice}\n`}`
}

function ioText(vertices: readonly IoThreads[]): string {
  if (vertices.length === 0) return ''
  return `\nthreads for I/O: ${vertices.map(({ vertex, name, threads }) => `${threads} for [${vertex}] ${name}`).join(', ')}\n`
}

function warningText(warnings: readonly GraphWarning[]): string {
  return warnings.map(({ message }) => `\nwarning: ${message}\n`).join('')
}
