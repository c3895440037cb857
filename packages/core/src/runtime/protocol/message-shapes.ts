import type { StateHandle } from '../../spi/checkpoint-storage.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { KeyedStateFiles } from '../checkpoint/checkpoint-metadata.ts'
import type { ChannelMessage } from '../network/channel-message.ts'
import type { ChannelAddress } from '../network/remote-channel.ts'
import type { FromExecutor, SerializedSplit, TaskDeployment, TaskSnapshot, ToExecutor } from '../protocol.ts'
import type { ShapeOf, VariantShapes } from './shape.ts'

/** All that may travel between coordinator and executor, and between executors that share no memory. */
export type ExecutorMessage = ToExecutor | FromExecutor | ChannelMessage

const handle: ShapeOf<StateHandle> = { fields: { path: 'string', sizeBytes: 'number' } }

const splits: ShapeOf<readonly SerializedSplit[]> = { list: { fields: { version: 'number', bytes: 'bytes' } } }

const barrier: ShapeOf<Barrier> = {
  fields: {
    checkpointId: 'number',
    timestampMs: 'number',
    savepoint: { optional: 'string' },
    terminal: 'boolean',
    aligned: 'boolean',
    incremental: { optional: { fields: { since: { optional: 'number' } } } },
  },
}

const deployment: ShapeOf<TaskDeployment> = {
  fields: {
    taskId: 'string',
    vertexId: 'number',
    subtaskIndex: 'number',
    attempt: 'number',
    restore: {
      optional: {
        fields: {
          checkpointId: 'number',
          operators: {
            record: {
              fields: {
                keyed: { list: { fields: { pointer: 'string', handle, base: { optional: { list: handle } } } } },
                operatorState: { optional: 'bytes' },
              },
            },
          },
          finished: 'boolean',
        },
      },
    },
  },
}

const keyedState: ShapeOf<KeyedStateFiles> = {
  fields: { handle, keyGroups: { fields: { start: 'number', end: 'number' } }, base: { optional: { list: handle } } },
}

const snapshot: ShapeOf<TaskSnapshot> = {
  fields: {
    operators: { list: { fields: { uid: 'string', name: 'string', keyed: { optional: keyedState }, operatorState: { optional: 'bytes' } } } },
    finished: 'boolean',
    sizeBytes: 'number',
  },
}

export const TO_EXECUTOR: VariantShapes<ToExecutor> = {
  deploy: { attempt: 'number', planHash: 'string', tasks: { list: deployment }, placement: { list: { list: 'number' } } },
  run: { attempt: 'number' },
  addSplits: { taskId: 'string', splits },
  noMoreSplits: { taskId: 'string' },
  triggerCheckpoint: { taskId: 'string', barrier },
  checkpointComplete: { checkpointId: 'number' },
  alignWatermark: { taskId: 'string', maxWatermark: 'number' },
  checkpointAborted: { checkpointId: 'number' },
  drain: {},
  close: { taskIds: { list: 'string' }, failed: 'boolean' },
}

export const FROM_EXECUTOR: VariantShapes<FromExecutor> = {
  initialized: { taskId: 'string', splits },
  splitRequest: { taskId: 'string' },
  watermarkReport: { taskId: 'string', watermark: { nullable: 'number' } },
  checkpointAck: { taskId: 'string', checkpointId: 'number', snapshot },
  checkpointDeclined: { taskId: 'string', checkpointId: 'number', error: 'error' },
  checkpointNotified: { taskId: 'string', checkpointId: 'number' },
  finished: { taskId: 'string' },
  failed: { taskId: 'string', error: 'error' },
  closed: { taskId: 'string' },
  heartbeat: { samples: { list: { fields: { name: 'string', type: { oneOf: ['counter', 'gauge'] }, labels: { record: 'string' }, value: 'number' } } } },
  log: { level: { oneOf: ['debug', 'info', 'warn', 'error'] }, message: 'string', fields: { record: 'json' }, errors: { record: 'error' } },
}

const channel: ShapeOf<ChannelAddress> = { fields: { edge: 'number', producer: 'number', consumer: 'number' } }

/** In both directions, and between executors. */
export const BETWEEN_CHANNELS: VariantShapes<ChannelMessage> = {
  channelRecords: { channel, rows: 'bytes' },
  channelControl: {
    channel,
    batchesBefore: 'number',
    element: { variants: { watermark: { timestamp: 'number' }, status: { idle: 'boolean' }, barrier: { barrier }, endOfData: { drain: 'boolean' } } },
  },
  channelCredit: { channel, bytes: 'number' },
}

/** The shape of every message, by its kind. A change here is another version of the protocol. */
export const MESSAGE_SHAPES: VariantShapes<ExecutorMessage> = { ...TO_EXECUTOR, ...FROM_EXECUTOR, ...BETWEEN_CHANNELS }
