import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

/** Runs `body` with a database of its own, in memory. */
export async function withDuckDb<R>(body: (connection: DuckDBConnection) => Promise<R>): Promise<R> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    return await body(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** All rows at once: the streaming interface ends silently on late errors, so it is no oracle. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJS()
}
