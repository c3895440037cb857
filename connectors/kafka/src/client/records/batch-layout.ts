/** Where the fields of a record batch (magic 2) lie: kafka.apache.org/documentation/#recordbatch. */
export const BASE_OFFSET = 0
/** Of everything after this field. */
export const BATCH_LENGTH = 8
export const LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
/** What the CRC covers begins here and ends with the batch. */
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const RECORD_COUNT = 57
export const RECORDS = 61

export const CURRENT_MAGIC = 2
/** What `BATCH_LENGTH` does not count. */
export const LENGTH_OVERHEAD = 12

/** Bits of the attributes. */
export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20
