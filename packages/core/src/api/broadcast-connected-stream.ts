import type { BroadcastOpenContext, BroadcastProcessFunction, KeyedBroadcastOpenContext } from '../functions/process-function.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Key } from '../types/key.ts'
import type { TypeInformation } from '../types/type-information.ts'
import type { BroadcastStream } from './broadcast-stream.ts'
import type { DataStream } from './data-stream.ts'
import { append } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'

/** A stream together with broadcast state, without any order between the two inputs. */
export interface BroadcastConnectedStream<out T, out B> {
  process<R>(open: (context: BroadcastOpenContext) => BroadcastProcessFunction<T, B, R>, type: TypeInformation<R>): DataStream<R>
}

/** The same with state per key on the side that is not broadcast. */
export interface KeyedBroadcastConnectedStream<out T, out B, out K extends Key> {
  process<R>(open: (context: KeyedBroadcastOpenContext<K>) => BroadcastProcessFunction<T, B, R>, type: TypeInformation<R>): DataStream<R>
}

export function connectBroadcast<T, B>(main: StreamHandle, broadcast: StreamHandle, { states }: BroadcastStream<B>): BroadcastConnectedStream<T, B> {
  const { job } = main
  return {
    process: (open, outputType) =>
      job.dataStream(append(job, [main, broadcast], { name: 'process', operator: { kind: 'broadcastProcess', open, broadcastStates: states }, outputType, stateful: true })),
  }
}

export function connectKeyedBroadcast<T, B, K extends Key>(
  main: StreamHandle,
  key: KeySelector,
  broadcast: StreamHandle,
  { states }: BroadcastStream<B>,
): KeyedBroadcastConnectedStream<T, B, K> {
  const { job } = main
  return {
    process: (open, outputType) =>
      job.dataStream(
        append(job, [main, broadcast], {
          name: 'process',
          operator: { kind: 'keyedBroadcastProcess', open: open as never, broadcastStates: states },
          keys: [key, null],
          outputType,
          stateful: true,
        }),
      ),
  }
}
