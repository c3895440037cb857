import { MillraceError } from '../errors.ts'
import type { StateDescriptor } from '../functions/state-descriptor.ts'
import { withHandle } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'

declare const ELEMENT: unique symbol

/** A stream that every subtask gets in full, to be connected with another one that reads it as broadcast state. */
export interface BroadcastStream<out T> {
  readonly kind: 'broadcast'
  readonly states: readonly StateDescriptor<unknown>[]
  /** Only a type: never present. */
  readonly [ELEMENT]?: T
}

export function broadcastStream<T>(handle: StreamHandle, states: readonly StateDescriptor<unknown>[]): BroadcastStream<T> {
  for (const { kind, name } of states) {
    if (kind === 'map') continue
    throw new MillraceError('CORE_BROADCAST_STATE_KIND', `expected broadcast state ${name} to be declared with mapState, found ${kind} state`, { origin: 'user' })
  }
  return withHandle({ kind: 'broadcast', states }, handle)
}

export function isBroadcastStream(stream: object): stream is BroadcastStream<unknown> {
  return 'kind' in stream && stream.kind === 'broadcast'
}
