import type { JobEdge, JobGraph, JobVertex } from '../../graph/job-graph.ts'
import { targetSubtasks } from '../../graph/channel-topology.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import { BufferDebloater } from '../network/buffer-debloater.ts'
import { registerChannelMetrics } from '../network/channel-metrics.ts'
import type { ChannelConsumer, ChannelGauges, ChannelProducer } from '../network/channel.ts'
import { FanOutChannel } from '../network/fan-out-channel.ts'
import type { InputChannel } from '../network/input-channel.ts'
import { KeyGroupLoad, registerKeyGroupLoad } from '../network/key-group-load.ts'
import { LocalChannel, type LocalDebloating } from '../network/local-channel.ts'
import { createChannelSelector } from '../network/partitioner.ts'
import { RecordWriter } from '../network/record-writer.ts'
import type { ChannelAddress, RemoteChannelHandle, RemoteInputChannel, RemoteOutputChannel } from '../network/remote-channel.ts'
import { openRemoteInput } from '../network/remote-input-channel.ts'
import { openRemoteOutput } from '../network/remote-output-channel.ts'
import type { TaskDeployment, TaskId } from '../protocol.ts'
import type { Clock } from '../time/clock.ts'

/** The channels of the tasks that are deployed together. */
export interface TaskChannels {
  inputsOf(deployment: TaskDeployment): readonly InputChannel[]
  /** By edge id. */
  writersOf(deployment: TaskDeployment): ReadonlyMap<number, RecordWriter>
  /** After the two above: what its channels tell, and how keyed records spread. */
  registerMetrics(deployment: TaskDeployment, metrics: MetricGroup): void
  /** The task has been closed: so are its ends of channels to other threads. */
  close(deployment: TaskDeployment): void
}

export interface TaskChannelsOptions {
  readonly graph: JobGraph
  readonly bufferBytes: number
  /** Returns [0, 1): for shuffles. */
  readonly random: () => number
  readonly clock: Clock
  readonly targetLatencyMs: number | undefined
  /** Channels with one end elsewhere. All others are between tasks of this deployment. */
  readonly remote: readonly RemoteChannelHandle[]
}

interface TaskEnds {
  readonly inputs: ChannelGauges[]
  readonly remoteInputs: RemoteInputChannel[]
  readonly remoteOutputs: RemoteOutputChannel[]
  /** Of its keyed edges, by the name of the operator behind each. */
  readonly loads: Map<string, KeyGroupLoad>
}

/** Connects the tasks of one deployment with each other, and with those that are deployed with them on other executors. */
export function createTaskChannels({ graph, bufferBytes, random, clock, targetLatencyMs, remote }: TaskChannelsOptions): TaskChannels {
  const local = new Map<string, LocalChannel>()
  const handles = new Map(remote.map((handle) => [nameOf(handle), handle]))
  const endsByTask = new Map<TaskId, TaskEnds>()
  const endsOf = ({ taskId }: TaskDeployment): TaskEnds => {
    const found = endsByTask.get(taskId) ?? { inputs: [], remoteInputs: [], remoteOutputs: [], loads: new Map() }
    endsByTask.set(taskId, found)
    return found
  }
  const debloating = (): LocalDebloating | undefined =>
    targetLatencyMs === undefined ? undefined : { debloater: new BufferDebloater(targetLatencyMs, bufferBytes), clock }
  const localChannel = (address: ChannelAddress): LocalChannel => {
    const name = nameOf(address)
    const channel = local.get(name) ?? new LocalChannel(bufferBytes, debloating())
    local.set(name, channel)
    return channel
  }
  const remoteInput = (edge: JobEdge, handle: RemoteChannelHandle, deployment: TaskDeployment): RemoteInputChannel => {
    const channel = openRemoteInput(handle, { type: edge.type, clock, targetLatencyMs })
    endsOf(deployment).remoteInputs.push(channel)
    return channel
  }
  const consumerEnd = (edge: JobEdge, address: ChannelAddress, deployment: TaskDeployment): ChannelConsumer => {
    const handle = handles.get(nameOf(address))
    const channel = handle === undefined ? localChannel(address) : remoteInput(edge, handle, deployment)
    endsOf(deployment).inputs.push(channel)
    return channel
  }
  const producerEnd = (edge: JobEdge, address: ChannelAddress, deployment: TaskDeployment): ChannelProducer => {
    const handle = handles.get(nameOf(address))
    if (handle === undefined) return localChannel(address)
    const channel = openRemoteOutput(handle, { type: edge.type })
    endsOf(deployment).remoteOutputs.push(channel)
    return channel
  }
  const vertex = (id: number): JobVertex => graph.vertices[id] as JobVertex
  const targets = (edge: JobEdge, producer: number): readonly number[] =>
    targetSubtasks(edge.partitioning.kind, producer, vertex(edge.sourceVertex).parallelism, vertex(edge.targetVertex).parallelism)
  return {
    inputsOf(deployment) {
      const { vertexId, subtaskIndex: consumer } = deployment
      return graph.edges
        .filter((edge) => edge.targetVertex === vertexId)
        .flatMap((edge) => {
          const producers = Array.from({ length: vertex(edge.sourceVertex).parallelism }, (_, producer) => producer)
          return producers
            .filter((producer) => targets(edge, producer).includes(consumer))
            .map((producer) => ({ channel: consumerEnd(edge, { edge: edge.id, producer, consumer }, deployment), edge: edge.id, producer, input: edge.input }))
        })
        .map((channel, index): InputChannel => ({ ...channel, index, blocked: false, ended: false }))
    },
    writersOf(deployment) {
      const { vertexId, subtaskIndex: producer } = deployment
      const outgoing = graph.edges.filter((edge) => edge.sourceVertex === vertexId)
      return new Map(
        outgoing.map((edge) => {
          const ends = targets(edge, producer).map((consumer) => producerEnd(edge, { edge: edge.id, producer, consumer }, deployment))
          const outputs = edge.partitioning.kind === 'broadcast' ? [new FanOutChannel(ends)] : ends
          const { maxParallelism, operators } = vertex(edge.targetVertex)
          const load = new KeyGroupLoad(maxParallelism)
          if (edge.partitioning.kind === 'hash') endsOf(deployment).loads.set(operators[0]?.node.name ?? '', load)
          return [edge.id, new RecordWriter(outputs, createChannelSelector(edge.partitioning, outputs.length, maxParallelism, producer, random, load), bufferBytes / 2)]
        }),
      )
    },
    registerMetrics(deployment, metrics) {
      const ends = endsOf(deployment)
      registerChannelMetrics(metrics, ends)
      for (const [target, load] of ends.loads) registerKeyGroupLoad(metrics, target, load)
    },
    close(deployment) {
      const { remoteInputs, remoteOutputs } = endsOf(deployment)
      for (const end of [...remoteInputs, ...remoteOutputs]) end.close()
      endsByTask.delete(deployment.taskId)
    },
  }
}

function nameOf({ edge, producer, consumer }: ChannelAddress): string {
  return `${edge}/${producer}/${consumer}`
}
