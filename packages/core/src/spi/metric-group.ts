/** A plain field that the owner increments and a reporter reads: `counter.value++` costs about 2 ns. */
export interface Counter {
  value: number
}

/** A place in the tree of metrics; names are Flink's where Flink has one (`numRecordsIn`, `currentOutputWatermark` …). */
export interface MetricGroup {
  counter(name: string): Counter
  /** `read` is called at scrape time only; it must be cheap and must not throw. */
  gauge(name: string, read: () => number): void
  /** A gauge for each value of a label, for what comes and goes (the splits of a source): `read` gives pairs of label value and number. */
  gauge(name: string, label: string, read: () => Iterable<readonly [labelValue: string, value: number]>): void
  group(name: string, label?: string): MetricGroup
}
