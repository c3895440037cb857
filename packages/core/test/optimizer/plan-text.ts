import { describeKey, describePartitioning } from '../../src/graph/describe-operator.ts'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { initialPlan } from '../../src/optimizer/initial-plan.ts'
import type { Plan } from '../../src/optimizer/plan.ts'
import { resolvePartitioning } from '../../src/optimizer/resolve-partitioning.ts'
import { graphOf } from '../api/job-fixture.ts'

/** A plan as rules see it: defaults filled in. */
export function planOf(build: (env: StreamExecutionEnvironment) => void, parallelism = 1): Plan {
  return resolvePartitioning(initialPlan(graphOf(build), { parallelism }))
}

/** Operators with what they read: `2 window[key] ×4 ← 1 hash(id)`. */
export function planText(plan: Plan): readonly string[] {
  return plan.nodes.map(({ id, operator, parallelism, keys }) => {
    const inputs = plan.edges
      .filter((edge) => edge.target === id)
      .map(({ source, input, tag, partitioning }) => `${source}${tag === null ? '' : `/${tag}`}${input === 1 ? ' (2nd)' : ''} ${describePartitioning(partitioning)}`)
    const key = keys.flatMap((selector) => (selector === null ? [] : [describeKey(selector)])).join()
    return `${id} ${operator.kind}${key === '' ? '' : `[${key}]`} ×${parallelism}${inputs.length === 0 ? '' : ` ← ${inputs.join(', ')}`}`
  })
}

/** Vertices as their chains, then edges: `source → map ×2`, `0.1 ⇒ 1 hash(id)`. */
export function jobText({ vertices, edges }: JobGraph): readonly string[] {
  return [
    ...vertices.map(({ operators, parallelism }) => `${operators.map(({ node }) => node.operator.kind).join(' → ')} ×${parallelism}`),
    ...edges.map(
      ({ sourceVertex, sourceOperator, targetVertex, input, tag, partitioning }) =>
        `${sourceVertex}.${sourceOperator}${tag === null ? '' : `/${tag}`} ⇒ ${targetVertex}${input === 1 ? ' (2nd)' : ''} ${describePartitioning(partitioning)}`,
    ),
  ]
}
