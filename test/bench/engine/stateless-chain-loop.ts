import type { Variant } from '../rate-case.ts'
import type { Converted, Graded, Measurement } from './measurements.ts'
import { GradeTally } from './measurements.ts'

/** Everything in one loop, for V8 to fuse as it can. */
export function statelessChainLoop(): Variant {
  return {
    run(records) {
      const tally = new GradeTally()
      for (let id = 0; id < records; id++) {
        const measured: Measurement = { id, celsius: id % 100 }
        const converted: Converted = { id: measured.id, fahrenheit: measured.celsius * 1.8 + 32 }
        if (converted.fahrenheit < 50) continue
        const graded: Graded = { id: converted.id, grade: converted.fahrenheit - 50 }
        tally.take(graded)
      }
      return tally.outcome()
    },
  }
}
