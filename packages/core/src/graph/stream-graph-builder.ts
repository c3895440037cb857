import { MillraceError } from '../errors.ts'
import { freezeGraph } from './freeze-graph.ts'
import type { CachedFileSpec, StreamEdge, StreamGraph, StreamNode } from './stream-graph.ts'

/** A node while the job is being built: its options may still change. */
export type NodeDraft = { -readonly [F in keyof StreamNode]: StreamNode[F] }

/** What a new node needs; everything else has a default. */
export interface NewNode extends Partial<Omit<StreamNode, 'id'>> {
  readonly name: string
  readonly operator: StreamNode['operator']
  /** By input 0 and 1: the outputs that are read. Several on one input are a union; a source has none. */
  readonly inputs: readonly (readonly Omit<StreamEdge, 'target' | 'input'>[])[]
}

/** Collects the nodes of one job. Used by the API only; whoever holds a stream holds ids of nodes in here. */
export interface StreamGraphBuilder {
  readonly nodes: readonly Readonly<NodeDraft>[]
  readonly edges: readonly StreamEdge[]
  /** Returns the new node's id. */
  addNode(node: NewNode): number
  /** Reads one more output on input 0 of a node that exists. */
  addInput(target: number, input: Omit<StreamEdge, 'target' | 'input'>): void
  /** Throws CORE_INVALID_CACHED_FILE for a name that is empty or taken. */
  addCachedFile(file: CachedFileSpec): void
  /** Changes options of a node. */
  change(id: number, options: Partial<Omit<StreamNode, 'id' | 'operator'>>): void
  /** Ends building: from now on every change throws CORE_JOB_ALREADY_BUILT. */
  build(): StreamGraph
}

export function createStreamGraphBuilder(jobName: string): StreamGraphBuilder {
  const nodes: NodeDraft[] = []
  const edges: StreamEdge[] = []
  const cachedFiles: CachedFileSpec[] = []
  let built = false

  const assertBuilding = (): void => {
    if (!built) return
    const message = `expected streams of job ${jobName} to be used while it is built, found a change after its build function had returned; call all operators inside build, and make a new local environment for every executeAndCollect`
    throw new MillraceError('CORE_JOB_ALREADY_BUILT', message, { origin: 'user' })
  }

  return {
    nodes,
    edges,
    addNode({ inputs, ...options }) {
      assertBuilding()
      const id = nodes.length
      nodes.push({ id, uid: null, keys: inputs.map(() => null), chaining: 'always', stateful: false, ...options })
      inputs.forEach((sources, input) => sources.forEach((source) => edges.push({ ...source, target: id, input: input === 0 ? 0 : 1 })))
      return id
    },
    addInput(target, input) {
      assertBuilding()
      edges.push({ ...input, target, input: 0 })
    },
    addCachedFile(file) {
      assertBuilding()
      const { name } = file
      const taken = cachedFiles.some((other) => other.name === name)
      if (taken || typeof name !== 'string' || name.trim() === '') {
        throw new MillraceError('CORE_INVALID_CACHED_FILE', `expected each cached file to have a name of its own, found ${taken ? 'twice ' : ''}${JSON.stringify(name)}`, { origin: 'user' })
      }
      cachedFiles.push(Object.freeze({ name, path: file.path }))
    },
    change(id, options) {
      assertBuilding()
      Object.assign(nodes[id] as NodeDraft, options)
    },
    build() {
      assertBuilding()
      built = true
      return freezeGraph({ jobName, nodes, edges, ...(cachedFiles.length === 0 ? {} : { cachedFiles }) })
    },
  }
}
