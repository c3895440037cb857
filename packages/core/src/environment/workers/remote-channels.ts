import { targetSubtasks } from '../../graph/channel-topology.ts'
import type { JobGraph, JobVertex } from '../../graph/job-graph.ts'
import { createRemoteChannel, type RemoteChannelHandle } from '../../runtime/network/remote-channel.ts'
import type { ExecutorId, ToExecutor } from '../../runtime/protocol.ts'

type Deployment = Extract<ToExecutor, { readonly kind: 'deploy' }>

/** Makes the memory of the channels between workers. */
export interface RemoteChannels {
  /** Those with one end among the tasks of this deployment and the other on another executor. Both ends get the same. */
  of(executor: ExecutorId, deployment: Deployment): readonly RemoteChannelHandle[]
}

export function createRemoteChannels(graph: JobGraph, limitBytes: number): RemoteChannels {
  let attempt: number | undefined
  let made = new Map<string, RemoteChannelHandle>()
  const channel = (edge: number, producer: number, consumer: number): RemoteChannelHandle => {
    const name = `${edge}/${producer}/${consumer}`
    const handle = made.get(name) ?? createRemoteChannel({ edge, producer, consumer }, limitBytes)
    made.set(name, handle)
    return handle
  }
  return {
    of(executor, deployment) {
      // All deployments of one attempt are sent in one turn, and nobody asks for an earlier one again.
      if (deployment.attempt !== attempt) made = new Map()
      attempt = deployment.attempt
      const { placement, tasks } = deployment
      const isHere = (vertexId: number, subtask: number): boolean => tasks.some((task) => task.vertexId === vertexId && task.subtaskIndex === subtask)
      return graph.edges.flatMap(({ id, sourceVertex, targetVertex, partitioning }) => {
        const producers = (graph.vertices[sourceVertex] as JobVertex).parallelism
        const consumers = (graph.vertices[targetVertex] as JobVertex).parallelism
        return Array.from({ length: producers }, (_, producer) => producer).flatMap((producer) =>
          targetSubtasks(partitioning.kind, producer, producers, consumers)
            .filter((consumer) => {
              const from = placement[sourceVertex]?.[producer]
              const to = placement[targetVertex]?.[consumer]
              if (from === to) return false
              return (from === executor && isHere(sourceVertex, producer)) || (to === executor && isHere(targetVertex, consumer))
            })
            .map((consumer) => channel(id, producer, consumer)),
        )
      })
    },
  }
}
