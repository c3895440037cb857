import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'

const KEEP_ALIVE_MS = 60_000

export interface SocketOptions {
  readonly host: string
  readonly port: number
  /** Undefined: not encrypted. */
  readonly tls: TlsOptions | undefined
}

/** Where bytes are put that a socket receives: the system writes them there itself. */
export interface ByteReceiver {
  space(): Uint8Array
  received(bytes: number): void
}

/** Connects; `connected` is called when it can be written to, encrypted if it is to be. */
export function openSocket({ host, port, tls }: SocketOptions, receiver: ByteReceiver, connected: () => void): Socket {
  const onread = {
    buffer: () => receiver.space(),
    callback: (bytes: number) => {
      receiver.received(bytes)
      return true
    },
  }
  const plain = { host, port, onread }
  const socket = tls === undefined ? connectPlain(plain, connected) : connectTls({ ...plain, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls }, connected)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  // requests are written whole; waiting for more would only delay them
  socket.setNoDelay(true)
  return socket
}
