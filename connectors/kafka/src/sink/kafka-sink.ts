import { defineSink, durationMs, type Sink, type SinkWriterContext } from '@millrace/core/spi'
import type { Committable } from '../client/committable.ts'
import type { KafkaConnectionOptions } from '../client/connection-options.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { kafkaJsClient } from '../client/kafkajs-client.ts'
import { Outage } from '../outage.ts'
import type { KafkaSerializationSchema } from '../records/record-serialization.ts'
import { toRecords } from '../records/to-records.ts'
import { badOption } from '../source/bad-option.ts'
import { committableSerializer } from './committable-serializer.ts'
import { kafkaCommitter } from './kafka-committer.ts'
import type { DeliveryGuarantee, KafkaSinkOptions } from './kafka-sink-options.ts'
import { KafkaSinkWriter } from './kafka-sink-writer.ts'
import type { KafkaWriterState } from './lingering-transactions.ts'
import { openTransactions, type TransactionSettings } from './open-transactions.ts'
import { defaultPartitioner } from './partitioner.ts'

const GUARANTEES: readonly DeliveryGuarantee[] = ['none', 'at-least-once', 'exactly-once']
/** The most that brokers allow unless configured otherwise. */
const DEFAULT_TRANSACTION_TIMEOUT = '15min'

/**
 * Writes records to topics of Kafka, which must exist.
 *
 * With `exactly-once` each subtask writes one transaction per checkpoint under an id of its own; it is committed when the
 * checkpoint completes, by whichever process does so, also after a crash. What a failed attempt left open is aborted when the
 * next one starts. Consumers that read committed see records with a delay of about a checkpoint interval.
 */
export function kafkaSink<T, K = string | Uint8Array | null>(options: KafkaSinkOptions<T, K>): Sink<T> {
  const { guarantee = 'at-least-once', onLostTransaction = 'fail', brokers, produce = {}, client: factory = kafkaJsClient } = options
  const serialization = serializationOf(options)
  const settings = transactionSettingsOf(options)
  const createClient = ({ logger }: SinkWriterContext): KafkaClient => factory(connectionOf(options), { logger })

  return defineSink<T, Committable, KafkaWriterState>({
    name: 'kafka',
    description: {
      brokers: typeof brokers === 'string' ? brokers : brokers.join(', '),
      topic: typeof options.topic === 'string' ? options.topic : null,
      format: serialization.name,
      guarantee,
      transactionalIdPrefix: settings?.prefix ?? null,
      compression: produce.compression ?? 'none',
    },
    committableSerializer,
    async createWriter(context, restored) {
      const client = createClient(context)
      if (settings !== undefined && !client.capabilities.resumeTransaction) {
        throw badOption('guarantee of kafkaSink', `'none' or 'at-least-once' with client ${client.name}, which cannot resume transactions`, guarantee)
      }
      try {
        await client.connect()
        const serializer = serialization.open()
        await serializer.prepare?.()
        const partitioner = options.partitioner ?? defaultPartitioner(context.subtaskIndex)
        const writing = { client, serializer, partitioner, flushes: guarantee !== 'none' }
        const outage = new Outage(context, context.metrics.counter('numSendRetries'), 'sending to Kafka')
        const producing = { ...produce, onRetry: outage.retrying.bind(outage), onRecovered: outage.recovered.bind(outage) }
        if (settings === undefined) return new KafkaSinkWriter({ ...writing, producer: client.createProducer(producing), transactions: undefined }, context)
        const producer = client.createTransactionalProducer(producing)
        const transactions = await openTransactions(client, producer, settings, context, restored)
        return new KafkaSinkWriter({ ...writing, producer, transactions }, context)
      } catch (error) {
        await client.close()
        throw error
      }
    },
    ...(settings === undefined ? {} : { createCommitter: (context: SinkWriterContext) => kafkaCommitter(createClient(context), onLostTransaction, context) }),
  })
}

function serializationOf<T, K>(options: KafkaSinkOptions<T, K>): KafkaSerializationSchema<T> {
  const { serializer, topic, format } = options
  if (serializer === undefined) {
    if (topic === undefined || format === undefined) throw badOption('kafkaSink', 'given a topic and a format, or a serializer', undefined)
    return toRecords({ ...options, topic, format })
  }
  if (topic !== undefined || format !== undefined) throw badOption('kafkaSink', 'given either a topic and a format or a serializer', 'both')
  return serializer
}

/** Undefined without transactions. */
function transactionSettingsOf<T, K>(options: KafkaSinkOptions<T, K>): TransactionSettings | undefined {
  const { guarantee = 'at-least-once', transactionalIdPrefix, transactionTimeout = DEFAULT_TRANSACTION_TIMEOUT, produce = {} } = options
  if (!GUARANTEES.includes(guarantee)) throw badOption('guarantee of kafkaSink', GUARANTEES.map((one) => `'${one}'`).join(', '), guarantee)
  if (guarantee !== 'exactly-once') return undefined
  if (transactionalIdPrefix === undefined || transactionalIdPrefix === '')
    throw badOption("transactionalIdPrefix of kafkaSink with guarantee 'exactly-once'", 'a name that no other sink uses', transactionalIdPrefix)
  if (produce.acks !== undefined && produce.acks !== 'all') throw badOption("acks of kafkaSink with guarantee 'exactly-once'", "'all'", produce.acks)
  return { prefix: transactionalIdPrefix, timeoutMs: durationMs(transactionTimeout) }
}

function connectionOf({ brokers, clientId, tls, sasl, connectionTimeoutMs, requestTimeoutMs }: KafkaConnectionOptions): KafkaConnectionOptions {
  return {
    brokers,
    ...(clientId === undefined ? {} : { clientId }),
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
    ...(connectionTimeoutMs === undefined ? {} : { connectionTimeoutMs }),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  }
}
