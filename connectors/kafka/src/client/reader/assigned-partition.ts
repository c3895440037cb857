/** What a reader knows of one partition. A new one is made by every `assign`, so what belongs to an old one is told by identity. */
export interface AssignedPartition {
  readonly topic: string
  readonly partition: number
  /** Of the next fetch. */
  position: number
  paused: boolean
  /** A failure was handed over: only another `assign` brings it back. */
  failed: boolean
  /** Fetched and not yet taken. */
  waitingBytes: number
  leader: number | undefined
  /** Failed attempts since the last good one. */
  troubles: number
  /** Since when brokers say that there is no such partition, by `performance.now()`. */
  unknownSinceMs: number | undefined
  caughtUp: boolean
}

export function newAssignment(topic: string, partition: number, position: number): AssignedPartition {
  return { topic, partition, position, paused: false, failed: false, waitingBytes: 0, leader: undefined, troubles: 0, unknownSinceMs: undefined, caughtUp: false }
}
