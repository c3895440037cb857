/** What survives JSON.stringify and JSON.parse unchanged. Splits and positions are made of it by default. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue }
