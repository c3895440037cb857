import { expect, test } from 'vitest'
import { collectionSource } from '../../src/adapters/collection-source.ts'
import { badRecordType } from '../../src/api/dead-letter.ts'
import { DEAD_LETTER_TAG } from '../../src/graph/stream-graph.ts'
import type { BadRecord } from '../../src/spi/bad-record.ts'
import { createDataInput } from '../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../src/types/byte-data-output.ts'
import { graphOf, kinds, sinkTo } from './job-fixture.ts'

const deadLetterSource = (deadLetter = sinkTo<BadRecord>('dead')) => ({ ...collectionSource([1]), onBadRecord: { deadLetter } })

test('a policy with a dead-letter sink adds the sink to the graph', () => {
  const graph = graphOf((env) => {
    env.fromSource(deadLetterSource(), undefined, { uid: 'in' }).print()
    env.fromData([1]).map((n) => n).onError({ deadLetter: sinkTo('dead'), maxErrorRatio: 0.1 }).print()
  })
  expect(kinds(graph)).toEqual(['source', 'sink', 'source', 'map', 'sink', 'sink', 'sink'])
  expect(graph.nodes.slice(5).map(({ name, uid }) => [name, uid])).toEqual([
    ['dead letters of source collection', 'in.dead-letter'],
    ['dead letters of map', null],
  ])
  expect(graph.edges.slice(-2)).toMatchObject([
    { source: 0, target: 5, input: 0, tag: DEAD_LETTER_TAG, type: badRecordType },
    { source: 3, target: 6, input: 0, tag: DEAD_LETTER_TAG, type: badRecordType },
  ])
})

test('operators that name the same sink share one', () => {
  const deadLetter = sinkTo<BadRecord>('dead')
  const graph = graphOf((env) => env.fromSource(deadLetterSource(deadLetter)).map((n) => n).onError({ deadLetter }).print())
  expect(kinds(graph)).toEqual(['source', 'map', 'sink', 'sink'])
  expect(graph.edges.filter(({ tag }) => tag === DEAD_LETTER_TAG).map(({ source, target }) => [source, target])).toEqual([
    [0, 3],
    [1, 3],
  ])
})

test('two different sinks for one source are refused', () => {
  const build = (): unknown => graphOf((env) => env.fromSource(deadLetterSource()).onError({ deadLetter: sinkTo('other') }).print())
  expect(build).toThrow(expect.objectContaining({ code: 'CORE_TWO_DEAD_LETTER_SINKS' }))
})

test('skip and fail add nothing', () => {
  const graph = graphOf((env) => env.fromData([1]).onError('skip').map((n) => n).onError({ skip: true, maxErrorRatio: 0.5 }).filter(() => true).onError('fail').print())
  expect(kinds(graph)).toEqual(['source', 'map', 'filter', 'sink'])
})

test('bad records survive their codec', () => {
  const record: BadRecord = { raw: new Uint8Array([1, 2]), source: 'a.csv', partition: null, offset: 17, line: 2, field: null, code: 'CSV_X', reason: 'because' }
  const output = createDataOutput()
  badRecordType.serializer.write(record, output)
  expect(badRecordType.serializer.read(createDataInput(output.bytes()))).toEqual(record)
})
