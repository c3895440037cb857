import { DuckDBInstance } from '@duckdb/node-api'

/** Runs SQL on one thread and gives back the rows of the last statement. */
export async function queryOnOneThread(...statements: readonly string[]): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    let rows: readonly (readonly unknown[])[] = []
    for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRows()
    return rows
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
