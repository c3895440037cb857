import type { AggregateFunction } from '../functions/aggregate-function.ts'
import type { WatermarkStrategy } from '../functions/watermark-strategy.ts'
import type { WindowAssigner } from '../functions/window.ts'
import type { BadRecordPolicy } from '../spi/bad-record.ts'
import type { JsonValue } from '../spi/json-value.ts'
import { describeSchema } from '../types/describe-schema.ts'
import type { AnyType } from '../types/type-information.ts'
import type { OperatorSpec, WindowFunctionSpec, WindowSpec } from './operator-spec.ts'
import type { KeySelector, Partitioning } from './partitioning.ts'

type Described = { readonly [name: string]: JsonValue }

/** An operator as plain data: everything about it except what its functions do. For hashes, derived uids and plans. */
export function describeOperator(operator: OperatorSpec): Described {
  const { kind } = operator
  switch (kind) {
    case 'source': {
      const { name, bounded, type, description } = operator.source
      return { kind, source: name, bounded, type: describeType(type), watermarks: describeWatermarks(operator.watermarks), ...(description === undefined ? {} : { description }), ...rateOf(operator.maxRecordsPerSecond) }
    }
    case 'sink': {
      const { name, type, description } = operator.sink
      return { kind, sink: name, type: describeType(type), ...(description === undefined ? {} : { description }) }
    }
    case 'timestamps':
      return { kind, watermarks: describeWatermarks(operator.watermarks) }
    case 'reduce':
      return { kind, type: describeType(operator.type) }
    case 'aggregate':
      return { kind, aggregate: describeAggregate(operator.aggregate) }
    case 'broadcastProcess':
    case 'keyedBroadcastProcess':
      return { kind, broadcastStates: operator.broadcastStates.map(({ name, kind: stateKind, type }) => ({ name, kind: stateKind, type: describeType(type) })) }
    case 'window':
      return describeWindow(operator)
    case 'asyncMap': {
      const { ordered, capacity, timeoutMs, maxRequestsPerSecond, retry, inputType } = operator
      return { kind, ordered, capacity, timeoutMs: timeoutMs ?? null, attempts: retry?.attempts ?? 1, inputType: describeType(inputType), ...rateOf(maxRequestsPerSecond) }
    }
    case 'intervalJoin': {
      const { join, lowerMs, upperMs, leftType, rightType, lateLeftTag, lateRightTag } = operator
      return { kind, join, lowerMs, upperMs, leftType: describeType(leftType), rightType: describeType(rightType), lateTags: [lateLeftTag ?? null, lateRightTag ?? null] }
    }
    case 'combine':
      return { kind, window: describeWindow(operator.window) }
    default:
      return { kind }
  }
}

/** `generic` where nothing is known about the values. */
export function describeType(type: AnyType | undefined): string {
  return type === undefined ? 'generic' : describeSchema(type.schema)
}

/** `origin`, `[origin, day]` or `function`. */
export function describeKey(key: KeySelector): string {
  if (key.kind === 'field') return key.field
  return key.kind === 'fields' ? `[${key.fields.join(', ')}]` : 'function'
}

/** `rebalance`, `hash(origin)`, `custom(function)` … */
export function describePartitioning(partitioning: Partitioning): string {
  return partitioning.kind === 'hash' || partitioning.kind === 'custom' ? `${partitioning.kind}(${describeKey(partitioning.key)})` : partitioning.kind
}

/** `tumbling(86400000ms)` and the like, without functions. */
export function describeAssigner(assigner: WindowAssigner<unknown, never>): string {
  const time = assigner.kind !== 'global' && assigner.time === 'processing' ? ', processing time' : ''
  const offset = (assigner.kind === 'tumbling' || assigner.kind === 'sliding') && assigner.offsetMs !== 0 ? `, offset ${assigner.offsetMs}ms` : ''
  switch (assigner.kind) {
    case 'tumbling':
      return `tumbling(${assigner.sizeMs}ms${offset}${time}${assigner.stagger === undefined ? '' : `, ${assigner.stagger} stagger`})`
    case 'sliding':
      return `sliding(${assigner.sizeMs}ms, every ${assigner.slideMs}ms${offset}${time})`
    case 'session':
      return `session(gap ${assigner.gapMs}ms${time})`
    case 'custom':
      return `${assigner.name}(${assigner.merging ? 'merging' : 'aligned'}${time})`
    case 'global':
      return 'global'
  }
}

export function describePolicy(policy: BadRecordPolicy | undefined): JsonValue {
  if (policy === undefined || typeof policy === 'string') return policy ?? 'fail'
  const ratio = policy.maxErrorRatio === undefined ? {} : { maxErrorRatio: policy.maxErrorRatio }
  return 'deadLetter' in policy ? { deadLetter: policy.deadLetter.name, ...ratio } : { skip: true, ...ratio }
}

/** Left out when there is none, so that plans without one keep their hash. */
function rateOf(perSecond: number | undefined): Described {
  return perSecond === undefined ? {} : { perSecond }
}

function describeWindow(window: WindowSpec): Described {
  return {
    kind: 'window',
    assigner: describeAssigner(window.assigner),
    trigger: window.trigger?.name ?? 'default',
    ...(window.evictor === undefined ? {} : { evictor: window.evictor.name, elementType: describeType(window.elementType) }),
    allowedLatenessMs: window.allowedLatenessMs,
    lateTag: window.lateTag ?? null,
    ...(window.lateSides === undefined ? {} : { lateSides: [window.lateSides.left ?? null, window.lateSides.right ?? null] }),
    function: describeWindowFunction(window.function),
    combined: window.combined ?? false,
  }
}

function describeWindowFunction(spec: WindowFunctionSpec): Described {
  if (spec.kind === 'aggregate') return { kind: 'aggregate', aggregate: describeAggregate(spec.aggregate) }
  return { kind: spec.kind, elementType: describeType(spec.elementType) }
}

function describeAggregate(aggregate: AggregateFunction<never, never, unknown>): Described {
  return { name: aggregate.name ?? 'function', accumulatorType: describeType(aggregate.accumulatorType), merges: aggregate.merge !== undefined }
}

function describeWatermarks(strategy: WatermarkStrategy<never>): Described {
  const { kind, outOfOrdernessMs, timestamp, idleTimeoutMs, alignment } = strategy
  return {
    kind,
    outOfOrdernessMs,
    timestamps: timestamp === undefined ? 'source' : 'function',
    idleTimeoutMs: idleTimeoutMs ?? null,
    ...(alignment === undefined ? {} : { alignment: { ...alignment } }),
  }
}
