import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MillraceError } from '../errors.ts'
import { metricsJson } from '../metrics/metrics-json.ts'
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../metrics/prometheus-text.ts'
import type { JobClient, JobState } from './job-client.ts'

const UNHEALTHY: readonly JobState[] = ['restarting', 'failed']

export interface MetricsServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves GET /metrics (Prometheus text), /metrics.json and /health on 127.0.0.1. /health answers 200, or 503 while the job is
 * restarting or has failed. `port` 0 takes a free port; `client` gives undefined, and everything answers 503, until the job has
 * been submitted. Throws CLI_PORT_UNAVAILABLE.
 */
export async function startMetricsServer(port: number, client: () => JobClient | undefined): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET') return answer(response, 405, 'text/plain', 'only GET is served here\n')
    const job = client()
    if (job === undefined) return answer(response, 503, 'text/plain', 'the job is not yet submitted\n')
    switch (request.url?.split('?', 1)[0]) {
      case '/metrics':
        return answer(response, 200, PROMETHEUS_CONTENT_TYPE, prometheusText(job.metrics()))
      case '/metrics.json':
        return answer(response, 200, 'application/json', metricsJson(job.metrics()))
      case '/health':
        return answerHealth(response, job)
      default:
        return answer(response, 404, 'text/plain', 'served here: /metrics, /metrics.json, /health\n')
    }
  })
  await listen(server, port)
  // A job that has ended must not be kept alive by this.
  server.unref()
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answerHealth(response: ServerResponse, client: JobClient): void {
  const { jobName, state, startedMs, numRestarts, lastCheckpoint, failure } = client.status()
  const healthy = !UNHEALTHY.includes(state)
  const body = { healthy, jobName, state, startedMs, numRestarts, lastCheckpoint, failure }
  answer(response, healthy ? 200 : 503, 'application/json', `${JSON.stringify(body)}\n`)
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' })
  response.end(body)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Port ${port} of 127.0.0.1 cannot be opened for metrics: ${cause.message}. Choose another --metrics-port, or 0 for a free one`
      reject(new MillraceError('CLI_PORT_UNAVAILABLE', message, { origin: 'external', cause }))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}
