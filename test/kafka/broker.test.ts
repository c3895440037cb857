import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, inject, test } from 'vitest'
import { SASL_USER } from '../services/kafka/server-properties.ts'

const kafka = inject('kafka')

describe.skipIf(!kafka.available)('the test broker', () => {
  test.for([
    ['without security', () => ({ brokers: [kafka.plain] })],
    ['with SCRAM-SHA-256', () => ({ brokers: [kafka.sasl], sasl: { mechanism: 'scram-sha-256' as const, ...SASL_USER } })],
    ['with SCRAM-SHA-512', () => ({ brokers: [kafka.sasl], sasl: { mechanism: 'scram-sha-512' as const, ...SASL_USER } })],
    ['with PLAIN', () => ({ brokers: [kafka.sasl], sasl: { mechanism: 'plain' as const, ...SASL_USER } })],
    ['with TLS', () => ({ brokers: [kafka.tls], ssl: { ca: [kafka.certificate] } })],
  ] as const)('answers kafkajs %s', async ([, config]) => {
    const admin = new Kafka({ ...config(), connectionTimeout: 10_000, logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    await admin.disconnect()
    expect(brokers).toHaveLength(1)
  })
})
