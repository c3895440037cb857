import type { JobGraph } from '../graph/job-graph.ts'
import { planHash } from '../graph/plan-hash.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { validateGraph } from '../graph/validate-graph.ts'
import { MillraceError } from '../errors.ts'
import type { JsonValue } from '../spi/json-value.ts'
import { buildJobGraph } from './build-job-graph.ts'
import { initialPlan } from './initial-plan.ts'
import type { Plan, Rule } from './plan.ts'
import { pruneDeadBranches } from './prune-dead-branches.ts'
import { pushDownCombiners } from './push-down-combiners.ts'
import { resolvePartitioning } from './resolve-partitioning.ts'
import { simplifyShipStrategies } from './ship-strategy.ts'

export interface OptimizerOptions {
  /** For operators that do not set their own. */
  readonly parallelism: number
  /** Default: computed from each operator's parallelism. */
  readonly maxParallelism?: number
  /** Default true. */
  readonly chaining?: boolean
  /** Default true. */
  readonly combiners?: boolean
}

/**
 * Turns what the user wrote into what is executed. Deterministic: the same graph and options give the same job graph in
 * every process. Throws what `validateGraph` throws, CORE_INVALID_PARALLELISM, CORE_FORWARD_PARALLELISM, and CORE_EMPTY_JOB
 * when no stream leads to a sink or a process function.
 */
export function optimize(graph: StreamGraph, options: OptimizerOptions): JobGraph {
  validateGraph(graph)
  const { parallelism, maxParallelism, chaining = true, combiners = true } = options
  const rules: readonly Rule[] = [simplifyShipStrategies, ...(combiners ? [pushDownCombiners] : [])]
  // pruned first, so that dead operators raise no errors about how they are wired
  const live = pruneDeadBranches(initialPlan(graph, { parallelism, ...(maxParallelism === undefined ? {} : { maxParallelism }) }))
  if (live.nodes.length === 0) {
    const message = `expected a stream of job ${graph.jobName} to end in a sink or a process function, found none, so that there is nothing to run; add sinkTo(…) or print()`
    throw new MillraceError('CORE_EMPTY_JOB', message, { origin: 'user' })
  }
  const plan = toFixpoint(resolvePartitioning(live), rules)
  const jobGraph = buildJobGraph(plan, { chaining, planHash: planHash(graph, planOptions(options)) })
  const { cachedFiles } = graph
  return cachedFiles === undefined ? jobGraph : { ...jobGraph, cachedFiles }
}

/** What of the options is part of the plan's description and hash. */
export function planOptions({ parallelism, maxParallelism, chaining = true, combiners = true }: OptimizerOptions): JsonValue {
  return { parallelism, maxParallelism: maxParallelism ?? null, chaining, combiners }
}

/** Applies all rules until none of them changes the plan. */
function toFixpoint(plan: Plan, rules: readonly Rule[]): Plan {
  const next = rules.reduce((current, rule) => rule(current), plan)
  return next === plan ? plan : toFixpoint(next, rules)
}
