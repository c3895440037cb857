import type { Committer, Sink, SinkWriter, SinkWriterContext } from './sink.ts'
import type { SimpleVersionedSerializer } from './simple-versioned-serializer.ts'

export interface SinkDefinition<T, C, W> extends Pick<Sink<T>, 'name' | 'type' | 'description'> {
  readonly writerStateSerializer?: SimpleVersionedSerializer<W>
  readonly committableSerializer?: SimpleVersionedSerializer<C>
  createWriter(context: SinkWriterContext, restored: readonly W[]): SinkWriter<T, C, W> | Promise<SinkWriter<T, C, W>>
  createCommitter?(context: SinkWriterContext): Committer<C> | Promise<Committer<C>>
}

/** Builds a Sink, checking that writer, committables and committer fit together. The way to write a sink. */
export function defineSink<T, C = never, W = never>(sink: SinkDefinition<T, C, W>): Sink<T> {
  return { ...(sink as unknown as Sink<T>), kind: 'sink' }
}
