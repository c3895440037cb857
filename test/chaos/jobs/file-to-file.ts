import { fileSource } from '@millrace/connector-file'
import { WatermarkStrategy } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import type { ChaosRun } from '../chaos-run.ts'
import { fileSystemOf } from '../s3/s3-place.ts'
import { chaosSink, io, type ChaosJob } from './chaos-job.ts'
import { allEvents, Event } from './events.ts'

const FILES = 5
const events = { keys: 1000 }

/**
 * Files in, some records left out, files out, in a directory per remainder: several files are open at a time. With an odd seed
 * they are compressed, and so finished at every checkpoint; otherwise they go on across checkpoints and restarts.
 */
export const fileToFile: ChaosJob = {
  name: 'file-to-file',
  keyed: false,
  async prepare(run) {
    const fileSystem = fileSystemOf(run, inputDirectory(run))
    const lines = Array.from(allEvents(run, events), (event) => JSON.stringify(event))
    const perFile = Math.ceil(lines.length / FILES)
    for (let file = 0; file < FILES; file++) {
      const text = `${lines.slice(file * perFile, (file + 1) * perFile).join('\n')}\n`
      await fileSystem.publish(`${inputDirectory(run)}/events-${file}.jsonl`, new TextEncoder().encode(text))
    }
  },
  build(env, run, { source, sink }) {
    env
      .fromSource(source(fileSource({ path: inputDirectory(run), format: jsonLines(Event) })), WatermarkStrategy.noWatermarks(), { uid: 'files', ...io(run) })
      .filter(isKept)
      .sinkTo(sink(chaosSink(run, Event, { partition: ({ index }) => `rest=${index % 3}`, compression: run.seed % 2 === 0 ? 'none' : 'gzip' })), { uid: 'out', ...io(run) })
  },
  *expected(run) {
    for (const event of allEvents(run, events)) if (isKept(event)) yield JSON.stringify(event)
  },
}

function isKept({ value }: Event): boolean {
  return value % 10 !== 0
}

function inputDirectory({ directory, s3 }: ChaosRun): string {
  return `${s3?.input === true ? s3.root : directory}/in`
}
