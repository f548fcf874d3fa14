/** The parts of an OpenAPI document that this workspace reads. */
export type Document = {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, unknown>>
}

export type Operation = {
  operationId: string
  tags?: string[]
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, Media> }
  responses: Record<string, Response>
}

export type Parameter = { name: string; in: string; required?: boolean; schema: Schema }

export type Response = {
  description: string
  headers?: Record<string, object>
  content?: Record<string, Media>
}

export type Media = { schema: Schema; examples?: Record<string, { summary: string; value: unknown }> }

export type Schema = {
  $ref?: string
  type?: string
  allOf?: Schema[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  required?: string[]
  enum?: unknown[]
  pattern?: string
  format?: string
  uniqueItems?: boolean
} & Partial<Record<Limit, number>>

type Limit =
  | `${'minimum' | 'maximum'}`
  | `exclusive${'Minimum' | 'Maximum'}`
  | `${'min' | 'max'}${'Length' | 'Items' | 'Properties'}`

export const operationsOf = ({ paths }: Pick<Document, 'paths'>): Operation[] =>
  Object.values(paths).flatMap((operations) => Object.values(operations))

/** Returns the schema of the code of an error, or undefined if the response is no error with codes of its own. */
export function codeSchema(response: Response | undefined): { enum: string[] } | undefined {
  const { allOf = [] } = response?.content?.['application/problem+json']?.schema ?? {}
  return allOf.find(({ properties }) => properties?.code)?.properties?.code as { enum: string[] } | undefined
}
