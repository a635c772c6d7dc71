import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { CanonicalRequest, FunctionTool, JsonObject, Tool, WebSearchTool } from '../../events/request.ts'
import { cacheOf } from './cache-marks.ts'
import { readArray, readObject, readString } from './check.ts'
import { fitsStrictMode } from './strict-mode.ts'

export function readTools(tools: unknown[], losses: Losses): Tool[] {
  return tools.map((tool, at) => readTool(readObject(tool, `tools[${at}]`), `tools[${at}]`, losses))
}

function readTool(tool: JsonObject, param: string, losses: Losses): Tool {
  if (tool.type == null || tool.type === 'custom') return readFunction(tool, param, losses)
  const type = readString(tool.type, `${param}.type`)
  if (type.startsWith('web_search_')) return readWebSearch(tool)
  const name = asString(tool.name)
  return { kind: 'native', type, ...(name !== undefined && { name }) }
}

function readFunction(tool: JsonObject, param: string, losses: Losses): FunctionTool {
  const name = readString(tool.name, `${param}.name`)
  const description = asString(tool.description)
  const strict = tool.strict === true ? fitsStrictMode(tool.input_schema) : tool.strict
  if (hasOwnOptions(tool) || strict !== tool.strict) losses.add('tool-option')
  return {
    kind: 'function',
    name,
    ...(description !== undefined && { description }),
    ...(tool.input_schema != null && { parameters: readObject(tool.input_schema, `${param}.input_schema`) }),
    ...(typeof strict === 'boolean' && { strict }),
    ...cacheOf(tool),
  }
}

/** Options no other format has, unless they only say the default. */
function hasOwnOptions(tool: JsonObject): boolean {
  const callers = asArray(tool.allowed_callers) ?? []
  return (
    Boolean(tool.eager_input_streaming) ||
    Boolean(tool.defer_loading) ||
    (asArray(tool.input_examples)?.length ?? 0) > 0 ||
    callers.some((caller) => caller !== 'direct')
  )
}

function readWebSearch(tool: JsonObject): WebSearchTool {
  const place = asObject(tool.user_location)
  const userLocation = place && {
    ...readText(place, 'city'),
    ...readText(place, 'country'),
    ...readText(place, 'region'),
    ...readText(place, 'timezone'),
  }
  return {
    kind: 'web-search',
    ...(asArray(tool.allowed_domains) && { allowedDomains: readTexts(tool.allowed_domains) }),
    ...(asArray(tool.blocked_domains) && { blockedDomains: readTexts(tool.blocked_domains) }),
    ...(userLocation && { userLocation }),
    ...(typeof tool.max_uses === 'number' && { maxUses: tool.max_uses }),
  }
}

function readText<K extends string>(from: JsonObject, key: K): { [key in K]?: string } {
  const text = asString(from[key])
  return (text === undefined ? {} : { [key]: text }) as { [key in K]?: string }
}

function readTexts(value: unknown): string[] {
  return readArray(value, 'tools').filter((text) => typeof text === 'string')
}

/** `tool_choice`, with `disable_parallel_tool_use`, which is a field of it here. */
export function readToolChoice(value: unknown, request: CanonicalRequest): void {
  const choice = readObject(value, 'tool_choice')
  if (choice.disable_parallel_tool_use === true) {
    request.parallelToolCalls = false
    request.params.parallelToolCalls = 'tool_choice.disable_parallel_tool_use'
  }
  switch (choice.type) {
    case 'auto':
    case 'none':
      request.toolChoice = { type: choice.type }
      return
    case 'any':
      request.toolChoice = { type: 'required' }
      return
    case 'tool':
      request.toolChoice = readNamedChoice(readString(choice.name, 'tool_choice.name'), request.tools)
      return
    default:
      throw invalidRequest('tool_choice.type must be one of auto, any, tool, none.', 'tool_choice.type')
  }
}

/** M names its own tools like the client's; other formats name them by type. */
function readNamedChoice(name: string, tools: readonly Tool[]): CanonicalRequest['toolChoice'] {
  const native = tools.find((tool) => tool.kind === 'native' && tool.name === name)
  if (native?.kind === 'native') return { type: 'native', tool: native.type }
  const isClients = tools.some((tool) => tool.kind === 'function' && tool.name === name)
  if (!isClients && name === 'web_search' && tools.some((tool) => tool.kind === 'web-search')) {
    return { type: 'native', tool: 'web_search' }
  }
  return { type: 'tool', name, tool: 'function' }
}
