import type { WireError } from '../../errors.ts'
import type { RemoteChannelHandle } from '../../runtime/network/remote-channel.ts'
import type { FromExecutor, ToExecutor } from '../../runtime/protocol.ts'

/** What a worker is told: messages of the protocol, and beside a deployment the memory of its channels to other workers. */
export type ToWorker =
  | { readonly kind: 'message'; readonly message: ToExecutor; readonly channels: readonly RemoteChannelHandle[] }
  /** After the last attempt: the worker ends by itself. */
  | { readonly kind: 'shutdown' }

export type FromWorker =
  /** The job is built, the storage is open. */
  | { readonly kind: 'ready' }
  /** The worker cannot run this job, and ends. */
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'message'; readonly message: FromExecutor }

/** The same as it is posted: messages as frames of the executor protocol. */
export type PostedToWorker = Exclude<ToWorker, { readonly kind: 'message' }> | { readonly kind: 'frame'; readonly frame: Uint8Array; readonly channels: readonly RemoteChannelHandle[] }

export type PostedFromWorker = Exclude<FromWorker, { readonly kind: 'message' }> | { readonly kind: 'frame'; readonly frame: Uint8Array }
