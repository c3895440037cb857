import { MillraceError } from '../errors.ts'
import type { RunOptions } from '../environment/run-options.ts'
import type { Partitioning } from '../graph/partitioning.ts'
import type { NewNode, StreamGraphBuilder } from '../graph/stream-graph-builder.ts'
import type { StreamEdge, StreamGraph } from '../graph/stream-graph.ts'
import { sameSchema } from '../types/same-schema.ts'
import type { AnyType } from '../types/type-information.ts'
import type { DataStream } from './data-stream.ts'

/** Runs a graph until it has ended. Given to environments that may execute by themselves. */
export type Executor = (graph: StreamGraph, options: RunOptions) => Promise<unknown>

/** The job being built: what all of its streams share. */
export interface JobDraft {
  readonly builder: StreamGraphBuilder
  readonly execute: Executor | undefined
  /** Streams of every kind create data streams, so they get the function instead of importing it in a circle. */
  dataStream<T>(handle: StreamHandle): DataStream<T>
  /** Ends building and returns the frozen graph. */
  build(): StreamGraph
}

/** An output of an operator, and how it will travel to whoever reads it. */
export type StreamOutput = Omit<StreamEdge, 'target' | 'input'>

/** What is behind a stream object. */
export interface StreamHandle {
  readonly job: JobDraft
  /** Several are a union. */
  readonly outputs: readonly StreamOutput[]
  /** The operator whose main output this is; null after union, partitioning and getSideOutput, which are no operators. */
  readonly node: number | null
}

const handles = new WeakMap<object, StreamHandle>()

/** Remembers what is behind a stream object. */
export function withHandle<S extends object>(stream: S, handle: StreamHandle): S {
  handles.set(stream, handle)
  return stream
}

/** The handle of another stream of the same job. Throws CORE_FOREIGN_STREAM. */
export function handleIn(job: JobDraft, stream: object): StreamHandle {
  const handle = handles.get(stream)
  if (handle?.job === job) return handle
  const found = handle === undefined ? 'an object that is no stream' : 'a stream of another environment'
  throw new MillraceError('CORE_FOREIGN_STREAM', `expected a stream of the same environment, found ${found}; build both streams on the env that build receives`, { origin: 'user' })
}

/** The schema of a stream, if all it is made of have the same one. */
export function typeOf({ outputs }: StreamHandle): AnyType | undefined {
  const first = outputs[0]?.type
  if (first === undefined) return undefined
  return outputs.every(({ type }) => type !== undefined && sameSchema(type.schema, first.schema)) ? first : undefined
}

/** The handle's outputs, to be read through `partitioning` from here on. */
export function partitioned(handle: StreamHandle, partitioning: Partitioning): StreamHandle {
  return { job: handle.job, outputs: handle.outputs.map((output) => ({ ...output, partitioning })), node: null }
}

/** Appends an operator that reads `inputs` and returns the handle of its main output. */
export function append(job: JobDraft, inputs: readonly StreamHandle[], node: Omit<NewNode, 'inputs'>): StreamHandle {
  const id = job.builder.addNode({ ...node, inputs: inputs.map((input) => input.outputs) })
  return { job, node: id, outputs: [outputOf(id, null, node.outputType)] }
}

/** An output of an operator as it is read by default. */
export function outputOf(source: number, tag: string | null, type: AnyType | undefined): StreamOutput {
  return { source, tag, partitioning: { kind: 'auto' }, ...withType(type) }
}

/** `{ outputType }` or nothing: optional properties are absent, not undefined. */
export function withOutputType(type: AnyType | undefined): { readonly outputType?: AnyType } {
  return type === undefined ? {} : { outputType: type }
}

function withType(type: AnyType | undefined): { readonly type?: AnyType } {
  return type === undefined ? {} : { type }
}

/** The operator behind a stream. Throws CORE_NOT_AN_OPERATOR. */
export function operatorOf(handle: StreamHandle, method: string): number {
  if (handle.node !== null) return handle.node
  const message = `expected ${method} to be called right after an operator, found a union, a partitioning or a side output, which are none; call it on the stream before`
  throw new MillraceError('CORE_NOT_AN_OPERATOR', message, { origin: 'user' })
}
