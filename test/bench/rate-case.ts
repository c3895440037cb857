import type { Target } from './bench-line.ts'

/** What a run has produced: equal for all variants of a case, whatever the order of the rows. */
export interface Outcome {
  readonly rows: number
  /** With `check` a sum over hashes of whole rows, otherwise a cheap sum that keeps results from being optimised away. */
  readonly digest: number
}

/** One way to do the work of a case. */
export interface Variant {
  /** Processes the first `records` records of the case's data. */
  run(records: number, check: boolean): Outcome | Promise<Outcome>
  /** Runs before anything is measured, e.g. other chains through the same engine code. */
  prepare?(): Promise<void>
}

/** A comparison of rates: records per CPU-second, each variant in processes of its own. */
export interface RateCase {
  readonly kind: 'rate'
  readonly name: string
  readonly records: number
  /** How many of them the equality of results is checked with, and the `slow` variants are timed with. */
  readonly fewerRecords: number
  /** Starts what the variants need outside of their processes, and returns what ends it. Cases may share it. */
  readonly provide?: () => Promise<() => Promise<void>>
  /** Imported only in the process that runs it. `ours` is the engine. */
  readonly variants: Readonly<Record<string, () => Promise<Variant>>>
  /** Variants to compare `ours` with, each with its target. */
  readonly baselines: Readonly<Record<string, Target | undefined>>
  /** Compared with a variant of another case as well, e.g. sliding windows with tumbling ones. */
  readonly against?: { readonly rateCase: RateCase; readonly target: Target }
  /** Variants that are timed with `fewerRecords`, in fewer processes. */
  readonly slow?: readonly string[]
}
