import type { JobGraph } from '../../graph/job-graph.ts'
import type { TaskId, ToExecutor } from '../protocol.ts'
import { MAX_WATERMARK, MIN_WATERMARK } from '../time/timestamps.ts'

interface Member {
  readonly taskId: TaskId
  readonly maxDriftMs: number
  /** Null: idle or ended, nobody waits for it. */
  watermark: number | null
  sent: number
}

/**
 * The alignment groups of one attempt (FLIP-182): tells every source subtask how far it may go, which is its drift beyond
 * the slowest active subtask of its group, whatever source that belongs to.
 */
export class WatermarkAligner {
  readonly #groups: ReadonlyMap<TaskId, readonly Member[]>
  readonly #send: (message: Extract<ToExecutor, { readonly kind: 'alignWatermark' }>) => void

  constructor(graph: JobGraph, taskIdOf: (vertex: JobGraph['vertices'][number], subtask: number) => TaskId, send: (message: Extract<ToExecutor, { readonly kind: 'alignWatermark' }>) => void) {
    this.#send = send
    const groups = new Map<string, Member[]>()
    for (const vertex of graph.vertices) {
      const operator = vertex.operators[0]?.node.operator
      const alignment = operator?.kind === 'source' ? operator.watermarks.alignment : undefined
      if (alignment === undefined) continue
      const members = groups.get(alignment.group) ?? []
      groups.set(alignment.group, members)
      for (let subtask = 0; subtask < vertex.parallelism; subtask++) {
        members.push({ taskId: taskIdOf(vertex, subtask), maxDriftMs: alignment.maxDriftMs, watermark: MIN_WATERMARK, sent: MIN_WATERMARK })
      }
    }
    this.#groups = new Map([...groups.values()].flatMap((members) => members.map(({ taskId }) => [taskId, members] as const)))
  }

  report(taskId: TaskId, watermark: number | null): void {
    const members = this.#groups.get(taskId) ?? []
    for (const member of members) if (member.taskId === taskId) member.watermark = watermark
    const slowest = members.reduce((lowest, member) => Math.min(lowest, member.watermark ?? MAX_WATERMARK), MAX_WATERMARK)
    for (const member of members) {
      // Until all have begun there is no common place to be near to.
      if (slowest === MIN_WATERMARK) continue
      const maxWatermark = Math.min(MAX_WATERMARK, slowest + member.maxDriftMs)
      // Who asks gets an answer even so: it may be a task that was restarted and has been told nothing yet.
      if (maxWatermark === member.sent && member.taskId !== taskId) continue
      member.sent = maxWatermark
      this.#send({ kind: 'alignWatermark', taskId: member.taskId, maxWatermark })
    }
  }
}
