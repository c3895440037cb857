import type { SourceCollector, SourceRecords } from '../operators/source-records.ts'
import { NO_TIMESTAMP } from '../time/timestamps.ts'

let compiled = 0

/**
 * Generates the function a reader calls for each record, from a source text of its own: V8 can then inline everything from
 * the reader's loop to the end of the chain. It does what `sharedSourceCollector` does, less what this source has no use for.
 */
export function compiledSourceCollector(records: SourceRecords): SourceCollector {
  const { assign, strategy } = records
  const lines = ['const split = records.main ?? records.openMain()', 'records.position++', 'if (timestamp === undefined) timestamp = NO_TIMESTAMP']
  if (strategy.timestamp !== undefined) lines.push('try { timestamp = assign(value, timestamp) } catch (error) { records.errors.handle(error, value, timestamp); return }')
  lines.push('watermarks.beforeRecord(split)', 'collect(value, timestamp)')
  if (strategy.kind !== 'none' && strategy.kind !== 'source') lines.push('split.generator.onEvent(value, timestamp, split)', 'if (split.advanced) records.advance(split)')
  const text = `'use strict'; return function collectRecord(value, timestamp) {\n${lines.join('\n')}\n}\n//# sourceURL=millrace-source-${compiled++}`
  const create = new Function('records', 'NO_TIMESTAMP', 'assign', 'watermarks', 'collect', text) as (...values: readonly unknown[]) => SourceCollector
  return create(records, NO_TIMESTAMP, assign, records.watermarks, records.output.collect)
}
