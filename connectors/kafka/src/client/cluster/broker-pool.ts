import { MillraceError, type Logger } from '@millrace/core/spi'
import type { KafkaConnectionOptions } from '../connection-options.ts'
import type { BrokerAddress } from '../protocol/metadata.ts'
import { bootstrapAddresses } from './bootstrap-addresses.ts'
import type { BrokerConnection, ConnectToBroker } from './broker-connection.ts'
import { closedError } from './retrying.ts'

/** Connections to the brokers of a cluster, made when first needed and made anew when they broke. */
export interface BrokerPool {
  /** Takes note of where brokers are now. */
  update(brokers: readonly BrokerAddress[]): void
  nodeIds(): readonly number[]
  /**
   * A connection to this broker. Each `channel` has its own: answers come in order, so what must not wait behind a long
   * poll or a slow replication uses another.
   */
  broker(nodeId: number, channel: string): Promise<BrokerConnection>
  /** A connection to any broker: of those known, or else of those that were configured. */
  any(): Promise<BrokerConnection>
  /** Ends the connections of one channel. */
  closeChannel(channel: string): void
  close(): void
}

/** For short requests: metadata, coordinators, offsets. */
export const CONTROL_CHANNEL = 'control'

interface Slot {
  readonly connecting: Promise<BrokerConnection>
  connection?: BrokerConnection
}

export function createBrokerPool(options: KafkaConnectionOptions, logger: Logger, connectToBroker: ConnectToBroker): BrokerPool {
  const bootstrap = bootstrapAddresses(options.brokers)
  const slots = new Map<string, Slot>()
  let known: ReadonlyMap<number, BrokerAddress> = new Map()
  let closed = false

  const connect = async ({ host, port }: { readonly host: string; readonly port: number }, channel: string): Promise<BrokerConnection> => {
    if (closed) throw closedError()
    const id = `${channel} ${host}:${port}`
    const slot = slots.get(id)
    if (slot !== undefined && slot.connection?.open !== false) return slot.connecting
    const fresh: Slot = { connecting: connectToBroker({ host, port }, options, logger) }
    slots.set(id, fresh)
    try {
      fresh.connection = await fresh.connecting
    } catch (error) {
      if (slots.get(id) === fresh) slots.delete(id)
      throw error
    }
    if (closed) {
      fresh.connection.close()
      throw closedError()
    }
    return fresh.connection
  }

  return {
    update(brokers) {
      known = new Map(brokers.map((broker) => [broker.nodeId, broker]))
    },
    nodeIds: () => [...known.keys()],
    async broker(nodeId, channel) {
      const address = known.get(nodeId)
      if (address === undefined) {
        throw new MillraceError('KAFKA_UNAVAILABLE', `Broker ${nodeId} is not among the brokers that the cluster names now: ${[...known.keys()].join(', ')}.`, {
          origin: 'external',
          retryable: true,
        })
      }
      return connect(address, channel)
    },
    async any() {
      let failure: unknown
      for (const address of [...known.values(), ...bootstrap]) {
        try {
          return await connect(address, CONTROL_CHANNEL)
        } catch (error) {
          failure = error
          if (MillraceError.is(error) && !error.retryable) break
        }
      }
      throw failure
    },
    closeChannel(channel) {
      for (const [id, { connection }] of slots) {
        if (!id.startsWith(`${channel} `)) continue
        connection?.close()
        slots.delete(id)
      }
    },
    close() {
      closed = true
      for (const { connection } of slots.values()) connection?.close()
      slots.clear()
    },
  }
}
