import { MillraceError } from '@millrace/core/spi'
import { parseSchema } from './avro-type.ts'
import type { AvroSchema, AvroType } from './avro-type.ts'
import { requestJson } from './registry-request.ts'
import type { SchemaRegistry } from './schema-registry.ts'

/** Schemas of a registry by number. A number never changes its meaning, so what was fetched once is kept. */
export class RegistryClient {
  readonly #registry: SchemaRegistry
  readonly #schemas = new Map<number, Promise<AvroType>>()

  constructor(registry: SchemaRegistry) {
    this.#registry = registry
  }

  /** Rejects with AVRO_REGISTRY_…, or AVRO_SCHEMA for a schema that is no Avro. */
  schema(id: number): Promise<AvroType> {
    const known = this.#schemas.get(id)
    if (known !== undefined) return known
    const fetched = this.#fetch(id)
    this.#schemas.set(id, fetched)
    fetched.catch(() => this.#schemas.delete(id)) // the next message asks again
    return fetched
  }

  /** The number of a schema under the subject. Registering it again is answered with the number it has. */
  async idOf(schemaJson: string): Promise<number> {
    const { subject, register } = this.#registry
    if (subject === undefined) throw new MillraceError('AVRO_OPTION', 'schemaRegistry: expected the option subject, such as flights-value, to write with', { origin: 'user' })
    const path = `/subjects/${encodeURIComponent(subject)}`
    const answer = await requestJson(this.#registry, 'POST', register ? `${path}/versions` : path, { schema: schemaJson })
    const { id } = answer as { readonly id?: unknown }
    if (Number.isInteger(id)) return id as number
    throw this.#unexpected('the number of a schema')
  }

  async #fetch(id: number): Promise<AvroType> {
    const answer = (await requestJson(this.#registry, 'GET', `/schemas/ids/${id}`)) as RegisteredSchema
    const { schema, schemaType = 'AVRO' } = answer
    if (typeof schema !== 'string' || schemaType !== 'AVRO') throw this.#unexpected(`an Avro schema with the number ${id}, found one of type ${String(schemaType)}`)
    const referenced = await this.#referenced(answer, new Set())
    const subject = `schema ${id} of the registry at ${this.#registry.url.origin}`
    if (referenced.length === 0) return parseSchema(schema, subject).type
    // in a union all named types of the branches before are known
    return parseSchema([...referenced, parseJson(schema)], subject).type.branches.at(-1) as AvroType
  }

  /** The schemas that this one names, each after those that it names itself. */
  async #referenced({ references = [] }: RegisteredSchema, seen: Set<string>): Promise<AvroSchema[]> {
    const schemas: AvroSchema[] = []
    for (const { name, subject, version } of references) {
      if (seen.has(name)) continue
      seen.add(name)
      const answer = (await requestJson(this.#registry, 'GET', `/subjects/${encodeURIComponent(subject)}/versions/${version}`)) as RegisteredSchema
      if (typeof answer.schema !== 'string') throw this.#unexpected(`the schema ${name}`)
      schemas.push(...(await this.#referenced(answer, seen)), parseJson(answer.schema))
    }
    return schemas
  }

  #unexpected(expected: string): MillraceError {
    return new MillraceError('AVRO_REGISTRY', `The schema registry at ${this.#registry.url.origin}: expected ${expected}. Check the url and the topic`, { origin: 'external' })
  }
}

interface RegisteredSchema {
  readonly schema?: unknown
  readonly schemaType?: unknown
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

/** A schema may also be a bare name such as `string`. */
function parseJson(text: string): AvroSchema {
  return /^\s*[[{"]/.test(text) ? (JSON.parse(text) as AvroSchema) : text
}
