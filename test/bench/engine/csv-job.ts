import { fileSource } from '@millrace/connector-file'
import { defineJob, types } from '@millrace/core'
import { csv } from '@millrace/format-csv'
import { fileURLToPath } from 'node:url'

const Reading = types.row({ sensor: types.string(), celsius: types.double() })

export default defineJob({
  name: 'ten-lines',
  build(env) {
    const path = fileURLToPath(new URL('ten-lines.csv', import.meta.url))
    env
      .fromSource(fileSource({ path, format: csv(Reading) }))
      .filter(({ celsius }) => celsius > 20)
      .print()
  },
})
