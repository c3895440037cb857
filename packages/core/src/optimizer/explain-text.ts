import type { EdgeDescription, JobDescription, OperatorDescription } from './describe-job.ts'

/** A job for a terminal: vertices with their chains, and under each operator the edges that leave it. */
export function explainText(job: JobDescription): string {
  const title = `job ${job.jobName}: ${job.vertices.length} ${job.vertices.length === 1 ? 'vertex' : 'vertices'}, plan ${job.planHash.slice(0, 12)}`
  const vertices = job.vertices.flatMap(({ id, name, parallelism, maxParallelism, slotSharingGroup, ioThread, bufferTimeoutMs, operators }) => [
    '',
    [`[${id}] ${name}  ×${parallelism} (max ${maxParallelism})`, ioThread ? 'thread for I/O' : [], slotSharingGroup === 'default' ? [] : `slots ${slotSharingGroup}`, bufferTimeoutMs === null ? [] : `buffer timeout ${bufferTimeoutMs}ms`].flat().join(' · '),
    ...operators.flatMap((operator, index) => {
      const indent = '    '.concat('  '.repeat(depthOf(operators, operator)))
      const leaving = job.edges.filter((edge) => edge.sourceVertex === id && edge.sourceOperator === index)
      return [indent + operatorLine(operator), ...leaving.map((edge) => `${indent}  ${edgeLine(edge)}`)]
    }),
  ])
  return `${[title, ...vertices].join('\n')}\n`
}

function operatorLine({ name, uid, uidGiven, stateful, keys, outputType, onError }: OperatorDescription): string {
  const identity = uidGiven ? `uid ${uid}` : stateful ? `NO UID (derived: ${uid})` : undefined
  const keyed = keys.filter((key) => key !== null)
  const key = keyed.length === 0 ? undefined : `key ${keyed.join(' and ')}`
  const errors = onError === 'fail' ? undefined : `on error ${JSON.stringify(onError)}`
  const type = outputType === null ? undefined : typeText(outputType)
  return [name, identity, key, type, errors].filter((part) => part !== undefined).join(' · ')
}

function edgeLine({ targetVertex, input, tag, partitioning, type, notChained }: EdgeDescription): string {
  const output = tag === null ? '' : ` side output ${tag},`
  return `⇒ [${targetVertex}] input ${input}:${output} ${partitioning}, ${typeText(type)} (not chained: ${notChained})`
}

function typeText(type: string): string {
  return type === 'generic' ? 'GENERIC CODEC (no type given)' : type
}

function depthOf(operators: readonly OperatorDescription[], { calledBy }: OperatorDescription): number {
  const caller = calledBy === null ? undefined : operators[calledBy]
  return caller === undefined ? 0 : 1 + depthOf(operators, caller)
}
