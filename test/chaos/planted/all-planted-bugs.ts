import { backendBugs } from './backend-bugs.ts'
import { incrementalBugs } from './incremental-bugs.ts'
import type { PlantedBug } from './planted-bug.ts'
import { sinkBugs } from './sink-bugs.ts'
import { sourceBugs } from './source-bugs.ts'
import { storageBugs } from './storage-bugs.ts'

export const plantedBugs: readonly PlantedBug[] = [...sinkBugs, ...sourceBugs, ...backendBugs, ...storageBugs, ...incrementalBugs]

export function plantedBug(name: string): PlantedBug {
  const found = plantedBugs.find((bug) => bug.name === name)
  if (found === undefined) throw new Error(`no planted bug is called ${name}; there are ${plantedBugs.map((bug) => bug.name).join(', ')}`)
  return found
}
