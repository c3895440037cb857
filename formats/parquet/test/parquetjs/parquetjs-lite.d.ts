declare module 'parquetjs-lite' {
  export class ParquetSchema {
    constructor(fields: object)
  }
  export class ParquetWriter {
    static openStream(schema: ParquetSchema, output: NodeJS.WritableStream, options?: object): Promise<ParquetWriter>
    appendRow(row: object): Promise<void>
    close(): Promise<void>
  }
  export class ParquetReader {
    static openBuffer(bytes: Buffer): Promise<ParquetReader>
    getCursor(): { next(): Promise<object | null> }
  }
}
