import { expect, test } from 'vitest'
import { bootstrapAddresses } from '../../../src/client/cluster/bootstrap-addresses.ts'

test('brokers are given as one text or several', () => {
  const two = [
    { host: 'a.example', port: 9092 },
    { host: '10.0.0.1', port: 9093 },
  ]
  expect(bootstrapAddresses('a.example:9092, 10.0.0.1:9093')).toEqual(two)
  expect(bootstrapAddresses(['a.example:9092', '10.0.0.1:9093'])).toEqual(two)
  expect(bootstrapAddresses('[::1]:9092')).toEqual([{ host: '::1', port: 9092 }])
})

test.for(['', 'host', 'host:', 'host:99999', 'kafka://host:9092', 'user@host:9092', 'a:1,b'])("'%s' is refused", (brokers) => {
  expect(() => bootstrapAddresses(brokers)).toThrow(expect.objectContaining({ code: 'KAFKA_OPTION' }))
})
