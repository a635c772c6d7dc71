import type { DemoQuestion } from './demo-answers.ts'

/** What the demo needs to know of a Messages request. */
export interface DemoRequest {
  model: string
  stream: boolean
  question: DemoQuestion
  /** One a word of everything the request says. */
  inputTokens: number
}

const QUESTION_LENGTH = 200

/** @throws {SyntaxError} when the body is no JSON; missing fields are taken as empty */
export function readDemoRequest(text: string): DemoRequest {
  const body = asRecord(JSON.parse(text))
  const messages = asArray(body.messages).map(asRecord)
  const lastUser = messages.findLast((message) => message.role === 'user')
  const said = [body.system, ...messages.map((message) => message.content)].map(textOf).join(' ')
  return {
    model: String(body.model),
    stream: body.stream === true,
    question: { text: shorten(textOf(lastUser?.content)), tools: asArray(body.tools).flatMap(callOf) },
    inputTokens: Math.max(1, said.split(/\s+/).filter(Boolean).length),
  }
}

/** Text of a content field: a string, or its text blocks. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const texts = asArray(content).map((block) => asRecord(block).text)
  return texts.filter((each) => typeof each === 'string').join(' ')
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > QUESTION_LENGTH ? `${line.slice(0, QUESTION_LENGTH)}…` : line
}

/** A tool of the request as a call of it: every required property gets a plausible value. */
function callOf(tool: unknown): { name: string; input: unknown }[] {
  const { name, input_schema: schema } = asRecord(tool)
  if (typeof name !== 'string' || schema === undefined) return []
  const { properties, required } = asRecord(schema)
  const input = asArray(required).map((key) => [
    key,
    exampleOf(asRecord(asRecord(properties)[String(key)]), String(key)),
  ])
  return [{ name, input: Object.fromEntries(input) }]
}

function exampleOf(schema: Record<string, unknown>, name: string): unknown {
  const [choice] = asArray(schema.enum)
  if (choice !== undefined) return choice
  const examples: Record<string, unknown> = { number: 1, integer: 1, boolean: true, array: [], object: {}, null: null }
  return Object.hasOwn(examples, String(schema.type)) ? examples[String(schema.type)] : `demo ${name}`
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
