/** A plain field that the owner increments and a reporter reads: `counter.value++` costs about 2 ns. */
export interface Counter {
  value: number
}

/** A place in the tree of metrics; names are Flink's where Flink has one (`numRecordsIn`, `currentOutputWatermark` …). */
export interface MetricGroup {
  counter(name: string): Counter
  /** `read` is called at scrape time only; it must be cheap and must not throw. */
  gauge(name: string, read: () => number): void
  group(name: string, label?: string): MetricGroup
}
