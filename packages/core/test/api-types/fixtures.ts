import type { StandardSchemaV1 } from '@standard-schema/spec'
import { types, type DataStream, type Infer, type StreamExecutionEnvironment } from '@millrace/core'
import { defineSink, defineSource, type Sink, type Source } from '@millrace/core/spi'

export const Flight = types.row({ date: types.timestamp(), origin: types.string(), delay: types.int().nullable() })
export interface Flight extends Infer<typeof Flight> {}
export const Daily = types.row({ origin: types.string(), day: types.timestamp(), flights: types.long(), meanDelay: types.double().nullable() })
export interface Daily extends Infer<typeof Daily> {}

export declare const env: StreamExecutionEnvironment
export declare const flights: DataStream<Flight>
export declare const daily: DataStream<Daily>
export declare const numbers: DataStream<number>

export const flightSource: Source<Flight> = defineSource<Flight, { readonly id: string }>({
  name: 'flights',
  bounded: true,
  discover: async () => [],
  createReader: () => ({ poll: () => 'end', available: async () => {}, addSplits: () => {}, snapshotSplits: () => [] }),
})
export const sinkOf = <T>(): Sink<T> => defineSink<T>({ name: 'sink', createWriter: () => ({ write: () => {}, flush: () => {} }) })

/** A Standard Schema without a library: one string parameter, and one number with a default. */
export declare const params: StandardSchemaV1<{ readonly in: string; readonly limit?: number }, { readonly in: string; readonly limit: number }>
