/** The type of a function that returns a promise where the engine needs a value: the text is what the compiler shows. */
export type Sync<R> = R extends PromiseLike<unknown> ? 'Millrace: this function is called once per record and must be synchronous; use asyncMap for asynchronous work' : unknown
