import type { JobDescription } from './describe-job.ts'

/** A job as a Mermaid flowchart: a subgraph per vertex, thin arrows for calls, thick ones for what crosses tasks. */
export function explainMermaid(job: JobDescription): string {
  const lines = ['flowchart LR']
  for (const { id, parallelism, operators } of job.vertices) {
    lines.push(`  subgraph v${id}["${quoted(`vertex ${id} ×${parallelism}`)}"]`)
    operators.forEach(({ name, calledBy }, index) => {
      lines.push(`    v${id}o${index}["${quoted(name)}"]`)
      if (calledBy !== null) lines.push(`    v${id}o${calledBy} --> v${id}o${index}`)
    })
    lines.push('  end')
  }
  for (const { sourceVertex, sourceOperator, targetVertex, tag, partitioning } of job.edges) {
    const label = tag === null ? partitioning : `${tag}: ${partitioning}`
    lines.push(`  v${sourceVertex}o${sourceOperator} ==>|"${quoted(label)}"| v${targetVertex}o0`)
  }
  return `${lines.join('\n')}\n`
}

/** Text inside a quoted label: entities for what would end it or be read as markup. */
function quoted(text: string): string {
  return text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;').replaceAll('`', '#96;').replaceAll(/\s+/g, ' ')
}
