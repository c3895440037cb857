import { expect, test } from 'vitest'
import { startMetricsServer } from '../../src/environment/metrics-server.ts'
import type { JobStatus } from '../../src/environment/job-client.ts'
import { scriptedJobClient, STATUS } from './scripted-job-client.ts'

test('metrics as text and JSON, health by the state of the job', async () => {
  let status: JobStatus = STATUS
  let submitted = false
  const client = scriptedJobClient(() => status)
  const server = await startMetricsServer(0, () => (submitted ? client : undefined))
  try {
    expect((await fetch(`${server.url}/health`)).status).toBe(503)
    submitted = true
    const text = await fetch(`${server.url}/metrics?x=1`)
    expect(text.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await text.text()).toContain('millrace_numRecordsIn{job="flights"} 42\n')
    expect(await (await fetch(`${server.url}/metrics.json`)).json()).toMatchObject({ metrics: [{ name: 'numRecordsIn', value: 42 }] })
    const healthy = await fetch(`${server.url}/health`)
    expect([healthy.status, await healthy.json()]).toEqual([200, { healthy: true, jobName: 'flights', state: 'running', startedMs: 0, numRestarts: 0 }])
    status = { ...STATUS, state: 'restarting', failure: { code: 'X', message: 'y' } }
    const ill = await fetch(`${server.url}/health`)
    expect([ill.status, await ill.json()]).toMatchObject([503, { healthy: false, failure: { code: 'X' } }])
    expect((await fetch(`${server.url}/other`)).status).toBe(404)
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(405)
  } finally {
    await server.close()
  }
})

test('a port in use is an error that names it', async () => {
  const first = await startMetricsServer(0, () => undefined)
  const port = Number(new URL(first.url).port)
  await expect(startMetricsServer(port, () => undefined)).rejects.toMatchObject({
    code: 'CLI_PORT_UNAVAILABLE',
    origin: 'external',
    message: expect.stringContaining(`Port ${port}`),
  })
  await first.close()
})
