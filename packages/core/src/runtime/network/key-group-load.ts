import type { MetricGroup } from '../../spi/metric-group.ts'

/** How the records that a task sends through a keyed edge spread over the key groups, since its attempt began. */
export class KeyGroupLoad {
  /** By key group; the channel selector counts here. */
  readonly records: Float64Array

  constructor(maxParallelism: number) {
    this.records = new Float64Array(maxParallelism)
  }

  /** The key group with the most records; the first of several. */
  get busiest(): number {
    let busiest = 0
    for (let group = 1; group < this.records.length; group++) if ((this.records[group] as number) > (this.records[busiest] as number)) busiest = group
    return busiest
  }

  /** Records of the busiest key group by those of all: 1 ÷ maxParallelism when all are equally busy; 0 before the first. */
  get busiestShare(): number {
    let total = 0
    for (const count of this.records) total += count
    return total === 0 ? 0 : (this.records[this.busiest] as number) / total
  }
}

/** Shows it among the metrics of the sending task; `target` is the name of the operator that receives. */
export function registerKeyGroupLoad(task: MetricGroup, target: string, load: KeyGroupLoad): void {
  const edge = task.group('target', target)
  edge.gauge('busiestKeyGroup', () => load.busiest)
  edge.gauge('busiestKeyGroupShare', () => load.busiestShare)
}
