import { fileSource } from '@millrace/connector-file'
import { count, defineJob, runMain, sum, TumblingEventTimeWindows, types, WatermarkStrategy } from '@millrace/core'
import { csv } from '@millrace/format-csv'

const Order = types.row({ id: types.int(), customer: types.string(), amount: types.double(), at: types.timestamp() })

const job = defineJob({
  name: 'orders-per-minute',
  build(env) {
    env
      .fromSource(fileSource({ path: `${import.meta.dirname}/orders.csv`, format: csv(Order) }), WatermarkStrategy.forBoundedOutOfOrderness('5s', (order) => order.at))
      .keyBy('customer')
      .window(TumblingEventTimeWindows.of('1min'))
      .aggregate({ orders: count(), total: sum((order) => order.amount) }, (result, customer, window) => ({ customer, minute: new Date(window.start).toISOString(), ...result }))
      .print()
  },
})

export default job
if (import.meta.main) await runMain(job, import.meta.url)
