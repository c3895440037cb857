import { createHash, createHmac } from 'node:crypto'
import type { S3Credentials } from '@millrace/connector-s3'
import type { S3Server } from '../../services/s3/s3-server.ts'

/** What temporary credentials may do: the actions, on everything. */
export async function sessionCredentials({ endpoint, region, accessKeyId, secretAccessKey }: S3Server, actions: readonly string[]): Promise<S3Credentials> {
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: ['arn:aws:s3:::*'] }] })
  const body = new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15', DurationSeconds: '900', Policy: policy }).toString()
  // Signature Version 4 (AWS Signature Version 4 for API requests); no client of STS is at hand
  const { host } = new URL(endpoint)
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/${region}/sts/aws4_request`
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', host, 'x-amz-content-sha256': hash(body), 'x-amz-date': time }
  const names = Object.keys(headers).join(';')
  const canonical = ['POST', '/', '', ...Object.entries(headers).map(([name, value]) => `${name}:${value}`), '', names, hash(body)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`)
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  const { host: _, ...sent } = headers
  const response = await fetch(endpoint, { method: 'POST', headers: { ...sent, authorization }, body })
  const answer = await response.text()
  const field = (name: string): string => {
    const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer)?.[1]
    if (value === undefined) throw new Error(`no ${name} in the answer of STS: ${answer}`)
    return value
  }
  return { accessKeyId: field('AccessKeyId'), secretAccessKey: field('SecretAccessKey'), sessionToken: field('SessionToken') }
}
