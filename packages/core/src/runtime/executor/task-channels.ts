import type { JobEdge, JobGraph, JobVertex } from '../../graph/job-graph.ts'
import { targetSubtasks } from '../../graph/channel-topology.ts'
import type { InputChannel } from '../network/input-channel.ts'
import { LocalChannel } from '../network/local-channel.ts'
import { createChannelSelector } from '../network/partitioner.ts'
import { RecordWriter } from '../network/record-writer.ts'
import type { TaskDeployment } from '../protocol.ts'

/** The channels of the tasks that are deployed together. */
export interface TaskChannels {
  inputsOf(deployment: TaskDeployment): readonly InputChannel[]
  /** By edge id. */
  writersOf(deployment: TaskDeployment): ReadonlyMap<number, RecordWriter>
}

export interface TaskChannelsOptions {
  readonly graph: JobGraph
  readonly bufferBytes: number
  /** Returns [0, 1): for shuffles. */
  readonly random: () => number
}

/** Connects the tasks of one deployment with each other: every task that one of them exchanges records with is among them. */
export function createTaskChannels({ graph, bufferBytes, random }: TaskChannelsOptions): TaskChannels {
  const channels = new Map<string, LocalChannel>()
  const channel = (edge: JobEdge, producer: number, consumer: number): LocalChannel => {
    const id = `${edge.id}/${producer}/${consumer}`
    const found = channels.get(id)
    if (found !== undefined) return found
    const created = new LocalChannel(bufferBytes)
    channels.set(id, created)
    return created
  }
  const vertex = (id: number): JobVertex => graph.vertices[id] as JobVertex
  const targets = (edge: JobEdge, producer: number): readonly number[] =>
    targetSubtasks(edge.partitioning.kind, producer, vertex(edge.sourceVertex).parallelism, vertex(edge.targetVertex).parallelism)
  return {
    inputsOf({ vertexId, subtaskIndex }) {
      return graph.edges
        .filter((edge) => edge.targetVertex === vertexId)
        .flatMap((edge) => {
          const producers = Array.from({ length: vertex(edge.sourceVertex).parallelism }, (_, producer) => producer)
          return producers.filter((producer) => targets(edge, producer).includes(subtaskIndex)).map((producer) => ({ channel: channel(edge, producer, subtaskIndex), input: edge.input, edge: edge.id, producer }))
        })
        .map((input, index) => ({ ...input, index, blocked: false, ended: false }))
    },
    writersOf({ vertexId, subtaskIndex }) {
      const outgoing = graph.edges.filter((edge) => edge.sourceVertex === vertexId)
      return new Map(
        outgoing.map((edge) => {
          const outputs = targets(edge, subtaskIndex).map((consumer) => channel(edge, subtaskIndex, consumer))
          const { maxParallelism } = vertex(edge.targetVertex)
          return [edge.id, new RecordWriter(outputs, createChannelSelector(edge.partitioning, outputs.length, maxParallelism, subtaskIndex, random), bufferBytes / 2)]
        }),
      )
    },
  }
}
