/** `read_committed` hides records of aborted transactions and everything from the first open transaction on. */
export type Isolation = 'read_uncommitted' | 'read_committed'
