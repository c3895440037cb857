import { createReadStream, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib'
import { describeFlags, HELP_FLAG, invalidArgument, parseArguments, type Flag, type ProgramHost } from '@millrace/core/cli'
import { MillraceError, schemaCode, type FormatInput, type SchemaInference } from '@millrace/core/spi'

const NAME: Flag = { name: 'name', value: 'TYPE', summary: 'Name of the type; default: after the file' }
const FORMAT: Flag = { name: 'format', value: 'PACKAGE', summary: 'Package of the format; default: by the extension' }
const SAMPLE_BYTES = 4 * 1024 * 1024

const PACKAGES: Readonly<Record<string, string>> = {
  csv: '@millrace/format-csv',
  tsv: '@millrace/format-csv',
  json: '@millrace/format-json',
  jsonl: '@millrace/format-json',
  ndjson: '@millrace/format-json',
  parquet: '@millrace/format-parquet',
  avro: '@millrace/format-avro',
}
const DECOMPRESSORS: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = { gz: createGunzip, gzip: createGunzip, br: createBrotliDecompress, zst: createZstdDecompress }

/** `millrace schema FILE`: prints the type of a file's records as TypeScript, learnt from its first 4 MiB or from the schema in it. */
export async function schema(host: ProgramHost): Promise<number> {
  const known = [NAME, FORMAT, HELP_FLAG]
  const { flags, positionals } = parseArguments(host.argv, known, 'millrace schema')
  if (flags.has(HELP_FLAG.name)) {
    host.stdout.write(`Prints the type of the records of a file as TypeScript.\n\nUsage: millrace schema FILE [flags]\n\n${describeFlags(known)}`)
    return 0
  }
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw invalidArgument(`millrace schema expects one file, found ${positionals.join(' ') || 'none'}`)
  const extensions = basename(file).toLowerCase().split('.').slice(1)
  const decompress = DECOMPRESSORS[extensions.at(-1) ?? '']
  const extension = extensions.at(decompress === undefined ? -1 : -2) ?? ''
  const name = flags.get(FORMAT.name)?.[0] ?? PACKAGES[extension]
  if (name === undefined) throw invalidArgument(`millrace schema does not know the format of ${file}; name its package: --format @millrace/format-csv`)
  const inference = await loadInference(host.directory, name)
  const typeName = flags.get(NAME.name)?.[0] ?? typeNameOf(file)
  const inferred = await inference.inferSchema(localInput(resolve(host.directory, file), decompress), { sampleBytes: SAMPLE_BYTES, signal: new AbortController().signal })
  const { function: functionName, call } = inferred.format
  const constant = `${typeName.charAt(0).toLowerCase()}${typeName.slice(1)}Format`
  host.stdout.write(`import { types } from '@millrace/core'
import { ${functionName} } from '${name}'

/** The records of ${basename(file)}${inferred.records > 0 ? `, after ${inferred.records} of them` : ''}. */
export const ${typeName} = ${schemaCode(inferred.schema)}

export const ${constant} = ${call(typeName)}
`)
  return 0
}

/** `flight-delays.csv` → `FlightDelays`. */
function typeNameOf(file: string): string {
  const words = basename(file).split('.')[0]?.split(/[^A-Za-z0-9]+/).filter((word) => word !== '') ?? []
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(joined) ? joined : `Record${joined}`
}

/** Resolved from the user's project, as the job would import it. */
async function loadInference(directory: string, name: string): Promise<SchemaInference> {
  let entry: string
  try {
    entry = createRequire(join(directory, 'package.json')).resolve(name)
  } catch (cause) {
    throw new MillraceError('CLI_FORMAT_MISSING', `The package ${name} cannot be found from ${directory}. Install it: npm install ${name}`, { origin: 'user', cause })
  }
  const module = (await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>
  const inference = module['schemaInference']
  if (typeof inference === 'object' && inference !== null && 'inferSchema' in inference) return inference as SchemaInference
  throw new MillraceError('CLI_NO_SCHEMA_INFERENCE', `The package ${name} cannot tell the schema of a file: it does not export schemaInference`, { origin: 'external' })
}

function localInput(path: string, decompress: (() => NodeJS.ReadWriteStream) | undefined): FormatInput {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) throw invalidArgument(`millrace schema: there is no file ${path}`)
  if (decompress !== undefined) return { path, chunks: () => decompressed(path, decompress) }
  return {
    path,
    bytes: {
      size,
      async read(start, end) {
        const chunks: Uint8Array[] = []
        if (start < end) for await (const chunk of createReadStream(path, { start, end: end - 1 })) chunks.push(chunk as Uint8Array)
        return Buffer.concat(chunks)
      },
    },
    chunks: (offset) => createReadStream(path, { start: offset }) as AsyncIterable<Uint8Array>,
  }
}

async function* decompressed(path: string, decompress: () => NodeJS.ReadWriteStream): AsyncGenerator<Uint8Array> {
  const source = createReadStream(path)
  const stream = decompress()
  source.on('error', (error) => stream.emit('error', error))
  try {
    for await (const chunk of source.pipe(stream)) yield chunk as unknown as Uint8Array
  } finally {
    source.destroy()
  }
}
