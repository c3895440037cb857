/** How a keyed input gets its key: a field or fields stay data in the plan, a function is opaque. */
export type KeySelector =
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'fields'; readonly fields: readonly string[] }
  | { readonly kind: 'function'; readonly select: (value: never) => unknown }

/**
 * How records travel between the subtasks of two operators. `auto` is what the user gets by saying nothing:
 * the optimizer makes it forward for equal parallelism and rebalance otherwise.
 */
export type Partitioning =
  | { readonly kind: 'auto' | 'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'broadcast' | 'global' }
  | { readonly kind: 'hash'; readonly key: KeySelector }
  | { readonly kind: 'custom'; readonly key: KeySelector; readonly partition: (key: never, partitions: number) => number }
