import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { SocketRequest } from './kafkajs-connection.ts'

const KEEP_ALIVE_MS = 60_000

export function openSocket({ host, port, ssl, onConnect }: SocketRequest): Socket {
  const socket = ssl === null ? connectPlain({ host, port }, onConnect) : connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  // requests are written whole; waiting for more would only delay them
  socket.setNoDelay(true)
  return socket
}
