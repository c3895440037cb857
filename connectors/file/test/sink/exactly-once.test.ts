import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileSink, fileSource } from '@millrace/connector-file'
import type { FileSinkOptions } from '@millrace/connector-file'
import { allSplits, fileSystems, readAll, temporaryDirectory } from '../support/contexts.ts'
import { arrayWriter, lineReader, lineWriter } from '../support/line-format.ts'
import { CRASH_POINTS, killableFileSystem, SinkJob } from '../support/sink-job.ts'
import type { CrashPoint } from '../support/sink-job.ts'

interface Row {
  readonly n: number
  readonly p: string
}

const rowAt = (n: number): Row => ({ n, p: `p=${(n * 7) % 3}` })
const upTo = (end: number): readonly number[] => Array.from({ length: end }, (_, n) => n)

/** All published rows; checks that each lies in its partition. */
async function published(path: string, bulk: boolean): Promise<readonly number[]> {
  const source = fileSource({ path, format: { fileReader: lineReader<Row>() }, monitorEvery: '1s' })
  const rows: number[] = []
  for await (const { path: file } of fileSystems.forPath(path).list(path, { recursive: true })) {
    const single = fileSource({ path: file, format: { fileReader: lineReader<Row>() } })
    const found = bulk
      ? (JSON.parse(await readFile(file, 'utf8')) as Row[])
      : (await readAll(source, await allSplits(single))).map((event) => ('good' in event ? event.good : expect.unreachable(`a bad line in ${file}`)))
    expect(found.length).toBeGreaterThan(0)
    for (const { p } of found) expect(file).toContain(`/${p}/`)
    rows.push(...found.map(({ n }) => n))
  }
  return rows.sort((a, b) => a - b)
}

const KINDS: readonly { readonly kind: string; readonly bulk: boolean; readonly numRuns: number; readonly options: Pick<FileSinkOptions<Row>, 'format' | 'compression'> }[] = [
  { kind: 'row', bulk: false, numRuns: 20, options: { format: { fileWriter: lineWriter<Row>() } } },
  { kind: 'gzip', bulk: false, numRuns: 4, options: { format: { fileWriter: lineWriter<Row>() }, compression: 'gzip' } },
  { kind: 'bulk', bulk: true, numRuns: 10, options: { format: { fileWriter: arrayWriter<Row>() } } },
]

describe.each(KINDS)('fileSink, $kind files', ({ bulk, numRuns, options }) => {
  it.each(CRASH_POINTS)('publishes every record once when it crashes at: %s', async (crash) => {
    for (const [how, rollBytes] of [['close', 60], ['kill', 60], ['close', 10_000], ['kill', 10_000]] as const) {
      const path = await temporaryDirectory()
      const clock = { ms: 0 }
      const sink = fileSink<Row>({ path, partition: ({ p }) => p, rollBytes, ...options })
      const job = new SinkJob(sink, rowAt, killableFileSystem(path), clock)
      await job.start(1)
      await job.write(10)
      await job.checkpoint()
      await job.write(7)
      expect(await job.checkpoint({ crash })).toBe(false)
      await job.fail(how)
      await job.start(1)
      expect(job.position).toBe(['flush', 'prepare', 'snapshot'].includes(crash) ? 10 : 17)
      await job.write(40 - job.position)
      await job.finish()
      expect(await published(path, bulk)).toEqual(upTo(40))
    }
  })

  it('publishes every record once whatever happens, at changing parallelism', async () => {
    const root = await temporaryDirectory()
    let run = 0
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ write: fc.integer({ min: 1, max: 9 }), passMs: fc.constantFrom(0, 0, 30_000) }) },
      { weight: 2, arbitrary: fc.record({ checkpoint: fc.constantFrom('complete', 'abort') }) },
      {
        weight: 1,
        arbitrary: fc.record({
          crash: fc.constantFrom<CrashPoint | 'between'>('between', ...CRASH_POINTS),
          how: fc.constantFrom<'close' | 'kill'>('close', 'kill'),
          parallelism: fc.integer({ min: 1, max: 3 }),
        }),
      },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 18 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 50, 1000, 1000), async (steps, maxOpenFiles, rollBytes) => {
        const path = join(root, String(run++))
        const clock = { ms: 0 }
        const sink = fileSink<Row>({ path, partition: ({ p }) => p, rollBytes, maxOpenFiles, ...options })
        const job = new SinkJob(sink, rowAt, killableFileSystem(path), clock)
        await job.start(2)
        for (const next of steps) {
          if ('write' in next) {
            clock.ms += next.passMs
            await job.write(next.write)
          } else if ('checkpoint' in next) await job.checkpoint({ abort: next.checkpoint === 'abort' })
          else {
            if (next.crash !== 'between') await job.checkpoint({ crash: next.crash })
            await job.fail(next.how)
            await job.start(next.parallelism)
          }
        }
        await job.write(3)
        await job.finish()
        expect(await published(path, bulk)).toEqual(upTo(job.position))
      }),
      { numRuns },
    )
  })
})
