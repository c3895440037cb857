import type { ControlElement } from './control-element.ts'
import type { ChannelAddress } from './remote-channel.ts'

/**
 * What crosses a channel whose ends share no memory, as messages of the link between them. A producer sends records only while
 * it has credit; what it has none for waits with it. Control elements need none and may overtake records that wait.
 */
export type ChannelMessage =
  /** A batch: the payload of a row frame. Its length is taken from the credit, which may become negative by one batch. */
  | { readonly kind: 'channelRecords'; readonly channel: ChannelAddress; readonly rows: Uint8Array }
  /** To be handled when as many batches of this channel have been. */
  | { readonly kind: 'channelControl'; readonly channel: ChannelAddress; readonly batchesBefore: number; readonly element: ControlElement }
  /** From the consumer: so many bytes more may be sent. The first grant is the limit of the channel. */
  | { readonly kind: 'channelCredit'; readonly channel: ChannelAddress; readonly bytes: number }
