import type { JobGraph, JobVertex } from '../graph/job-graph.ts'
import type { JobCoordinator } from '../runtime/coordinator/job-coordinator.ts'
import { MIN_WATERMARK } from '../runtime/time/timestamps.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { JobStatus, VertexStatus } from './job-client.ts'

/** The status of a job as its coordinator and its metrics tell it. */
export function jobStatus(graph: JobGraph, coordinator: JobCoordinator, samples: readonly MetricSample[], startedMs: number): JobStatus {
  const byUid = new Map<string, MetricSample[]>()
  for (const sample of samples) {
    const uid = sample.labels['uid'] ?? ''
    const found = byUid.get(uid)
    if (found === undefined) byUid.set(uid, [sample])
    else found.push(sample)
  }
  const valuesOf = (uid: string, name: string): readonly number[] => (byUid.get(uid) ?? []).filter((sample) => sample.name === name).map(({ value }) => value)
  const sumOf = (uid: string, name: string): number => valuesOf(uid, name).reduce((sum, value) => sum + value, 0)
  const total = (name: string): number => samples.reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0)
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  const sumOver = (kind: string, name: string): number => operators.filter(({ node }) => node.operator.kind === kind).reduce((sum, { uid }) => sum + sumOf(uid, name), 0)

  const vertices = graph.vertices.map((vertex): VertexStatus => {
    const watermark = watermarkOf(vertex, valuesOf)
    const taskValues = (name: string): readonly number[] =>
      samples.filter((sample) => sample.name === name && sample.labels['operator'] === vertex.name && sample.labels['uid'] === undefined).map(({ value }) => value)
    const [first, last] = [vertex.operators[0], vertex.operators.at(-1)]
    const unavailableMs = Math.max(0, ...vertex.operators.flatMap(({ uid }) => unavailableIn(byUid.get(uid))))
    return {
      id: vertex.id,
      name: vertex.name,
      parallelism: vertex.parallelism,
      // what a source reads and a sink writes crosses the edge of the job, as in recordsIn and recordsOut
      numRecordsIn: sumOf(first?.uid ?? '', first?.node.operator.kind === 'source' ? 'numRecordsOut' : 'numRecordsIn'),
      numRecordsOut: sumOf(last?.uid ?? '', last?.node.operator.kind === 'sink' ? 'numRecordsIn' : 'numRecordsOut'),
      ...(watermark === undefined ? {} : { currentWatermark: watermark }),
      idle: taskValues('isIdle').some((value) => value === 1),
      busyRatio: Math.max(0, ...taskValues('busyTimeMsPerSecond')) / 1000,
      backPressuredRatio: Math.max(0, ...taskValues('backPressuredTimeMsPerSecond')) / 1000,
      ...(unavailableMs === 0 ? {} : { unavailableMs }),
    }
  })
  const { failure, statistics } = coordinator
  const watermarks = vertices.flatMap(({ currentWatermark }) => currentWatermark ?? [])
  return {
    jobName: graph.jobName,
    state: coordinator.state,
    startedMs,
    numRestarts: coordinator.numRestarts,
    recordsIn: sumOver('source', 'numRecordsOut'),
    recordsOut: sumOver('sink', 'numRecordsIn'),
    recordsRejected: total('numRecordsRejected'),
    recordsLate: total('numLateRecordsDropped'),
    ...(watermarks.length === 0 ? {} : { watermark: Math.min(...watermarks) }),
    ...(statistics.last === undefined ? {} : { lastCheckpoint: statistics.last }),
    failedCheckpoints: statistics.numberOfFailed,
    vertices,
    ...(failure === undefined ? {} : { failure: { code: failure.code, message: failure.message } }),
  }
}

/** Of an operator, or of a part of it that has a metric group of its own, such as a committer. */
function unavailableIn(samples: readonly MetricSample[] = []): readonly number[] {
  return samples.filter(({ name }) => name === 'unavailableMs' || name.endsWith('.unavailableMs')).map(({ value }) => value)
}

function watermarkOf(vertex: JobVertex, valuesOf: (uid: string, name: string) => readonly number[]): number | undefined {
  const values = valuesOf(vertex.operators[0]?.uid ?? '', 'currentOutputWatermark')
  const lowest = Math.min(...values)
  return values.length === 0 || lowest === MIN_WATERMARK ? undefined : lowest
}
