import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileViolations, importsOf, layerViolations, loadedBy, readSources } from './architecture-rules.ts'
import type { Exception, Layers, SourceFile } from './architecture-rules.ts'

const leaves = ['errors.ts', 'types']
const contracts = ['functions', 'spi', ...leaves]
const runtimeOutside = ['graph', 'metrics', ...contracts]

/**
 * environment → api, optimizer, runtime → graph → functions → spi → types, errors. Within the runtime: coordinator and executor
 * → task → operators, network, checkpoint → state, time; coordinator and executor know each other only through the protocol.
 */
const LAYERS: Layers = {
  'errors.ts': [],
  types: ['errors.ts'],
  spi: leaves,
  functions: ['spi', ...leaves],
  graph: contracts,
  adapters: ['spi', ...leaves],
  'file-system': ['spi', ...leaves],
  metrics: ['spi', ...leaves],
  optimizer: ['graph', ...contracts],
  api: ['adapters', 'graph', ...contracts],
  'runtime/time': runtimeOutside,
  'runtime/state': ['runtime/time', ...runtimeOutside],
  // barriers travel between records, so the network knows what they look like
  'runtime/network': ['runtime/checkpoint', 'runtime/state', 'runtime/time', ...runtimeOutside],
  'runtime/checkpoint': ['runtime/state', 'runtime/time', ...runtimeOutside],
  'runtime/operators': ['runtime/state', 'runtime/time', ...runtimeOutside],
  'runtime/protocol.ts': ['runtime/checkpoint', 'runtime/state', ...runtimeOutside],
  // messages as bytes, those between channels included
  'runtime/protocol': ['runtime/protocol.ts', 'runtime/network', 'runtime/checkpoint', ...runtimeOutside],
  'runtime/task': ['runtime/protocol.ts', 'runtime/operators', 'runtime/network', 'runtime/checkpoint', 'runtime/state', 'runtime/time', ...runtimeOutside],
  'runtime/executor': ['runtime/protocol.ts', 'runtime/protocol', 'runtime/task', 'runtime/operators', 'runtime/network', 'runtime/checkpoint', 'runtime/state', 'runtime/time', ...runtimeOutside],
  'runtime/coordinator': ['runtime/protocol.ts', 'runtime/protocol', 'runtime/checkpoint', 'runtime/state', 'runtime/time', ...runtimeOutside],
  savepoint: ['file-system', 'runtime/checkpoint', 'runtime/operators', 'runtime/state', 'runtime/time', ...runtimeOutside],
  environment: [
    'api',
    'optimizer',
    'adapters',
    'file-system',
    'runtime/coordinator',
    'runtime/executor',
    'runtime/protocol.ts',
    'runtime/protocol',
    'runtime/task',
    'runtime/network',
    'runtime/checkpoint',
    'runtime/state',
    'runtime/time',
    ...runtimeOutside,
  ],
}

/** The two places where the API knows that jobs are also run: loaded on demand, or as a type. */
const EXCEPTIONS: readonly Exception[] = [
  { from: /^api\/local-environment\.ts$/, to: 'environment/submit-graph.ts', only: 'dynamic' },
  { from: /^api\//, to: 'environment/run-options.ts', only: 'type' },
]

const sources = readSources(join(import.meta.dirname, '../src'))
const layered = sources.filter(({ path }) => !['index.ts', 'spi-entry.ts'].includes(path) && !path.startsWith('testing/'))
const violations = (files: readonly SourceFile[]): readonly string[] => layerViolations(files, LAYERS, EXCEPTIONS)

describe('core', () => {
  test('finds the sources', () => expect(layered.length).toBeGreaterThan(50))
  test('imports only downwards', () => expect(violations(layered)).toEqual([]))
  test('keeps its files small and named', () => expect(fileViolations(sources)).toEqual([]))
  test('loads the machinery that runs jobs only when a job is run', () => {
    const loaded = loadedBy('index.ts', sources)
    expect(loaded).toContain('api/data-stream.ts')
    expect(loaded.filter((path) => /^(?:environment\/submit-graph\.ts|runtime\/(?:coordinator|executor|task|operators|network)\/)/.test(path))).toEqual([])
  })
  test('loads no backend with the entry for implementers', () => {
    const loaded = loadedBy('spi-entry.ts', sources)
    expect(loaded).toContain('spi/define-source.ts')
    expect(loaded.filter((path) => path.startsWith('runtime/'))).toEqual(['runtime/state/ordered/ordered-store-backend.ts'])
  })
  test('is not imported back by name', () => {
    expect(layered.filter((file) => importsOf(file).some(({ specifier }) => specifier.startsWith('@millrace/')))).toEqual([])
  })
})

describe('planted violations are found', () => {
  const planted = (path: string, text: string): readonly string[] => violations([...layered, { path, text }])

  test.each([
    ['an upward import', 'graph/planted.ts', "import { dataStream } from '../api/data-stream.ts'"],
    ['an upward type import', 'spi/planted.ts', "import type { StreamGraph } from '../graph/stream-graph.ts'"],
    ['an import over several lines', 'types/planted.ts', "import {\n  defineSink,\n  type SinkDefinition,\n} from '../spi/define-sink.ts'"],
    ['a re-export', 'functions/planted.ts', "export * from '../graph/partitioning.ts'"],
    ['an inline type import', 'optimizer/planted.ts', "export type P = import('../api/data-stream.ts').DataStream<number>"],
    ['an import for its effect', 'adapters/planted.ts', "import '../api/data-stream.ts'"],
    ['the coordinator in the executor', 'runtime/executor/planted.ts', "import type { X } from '../coordinator/x.ts'"],
    ['the executor in the coordinator', 'runtime/coordinator/planted.ts', "import { x } from '../executor/x.ts'"],
    ['the network in state', 'runtime/state/planted.ts', "import { x } from '../network/x.ts'"],
    ['the runtime in the API', 'api/planted.ts', "import { x } from '../runtime/task/x.ts'"],
    ['a static import where a dynamic one is allowed', 'api/local-environment.ts', "import { submitGraph } from '../environment/submit-graph.ts'"],
    ['a value import where a type is allowed', 'api/planted.ts', "import { x } from '../environment/run-options.ts'"],
    ['a file outside all layers', 'planted.ts', ''],
  ])('%s', (_name, path, text) => {
    expect(planted(path, text).length).toBe(violations(layered).length + 1)
    expect(planted(path, text).join('\n')).toContain(path)
  })

  test('what is allowed is not reported, nor what a comment says', () => {
    const text = "import type { JobGraph } from '../graph/job-graph.ts'\n// import { x } from '../api/x.ts'\n/* import '../api/y.ts' */"
    expect(planted('optimizer/planted.ts', text)).toEqual(violations(layered))
  })

  test('an eager import of the runtime, however far', () => {
    const planted = [...sources.filter(({ path }) => path !== 'errors.ts'), { path: 'errors.ts', text: "import './runtime/task/task.ts'" }]
    expect(loadedBy('index.ts', planted)).toContain('runtime/task/task.ts')
  })

  test('rules about files', () => {
    expect(fileViolations([{ path: 'a/long.ts', text: 'x\n'.repeat(401) }])).toHaveLength(1)
    expect(fileViolations([{ path: 'a/b.ts', text: 'export default 1\n' }])).toHaveLength(1)
    expect(fileViolations([{ path: 'a/b.ts', text: 'const a = 1\nexport { a as default }\n' }])).toHaveLength(1)
    expect(fileViolations([{ path: 'a/utils.ts', text: '' }])).toHaveLength(1)
    expect(fileViolations([{ path: 'a/fine.ts', text: 'x\n'.repeat(400) }])).toEqual([])
  })
})
