/** The entry `@millrace/core/spi`: the contracts, and what core makes of one of them. Its code loads when it opens. */
export * from './spi/index.ts'
export { orderedStoreBackend } from './runtime/state/ordered/ordered-store-backend.ts'
export type { OrderedStoreBackendOptions } from './runtime/state/ordered/ordered-store-backend.ts'
