/** `npm run services:s3`: installs the S3 servers that the tests run against. */
import { S3_SERVERS } from './s3-server.ts'
import { startS3Server } from './start-servers.ts'

for (const name of S3_SERVERS) {
  const started = await startS3Server(name, { install: true })
  if ('missing' in started) {
    process.stderr.write(`${started.missing}\n`)
    process.exitCode = 1
  } else {
    process.stdout.write(`${name} starts\n`)
    await started.stop()
  }
}
