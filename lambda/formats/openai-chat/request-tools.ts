import { invalidRequest } from '../../errors.ts'
import { asObject, asString } from '../../events/json.ts'
import type {
  CanonicalRequest,
  CustomTool,
  FunctionTool,
  JsonObject,
  Tool,
  ToolChoice,
  WebSearchTool,
} from '../../events/request.ts'
import { booleanField, objectEntries, objectField, pathOf, requiredString, stringField } from './request-fields.ts'
import { cacheOf } from './request-parts.ts'

/**
 * `tools`, or the deprecated `functions`, and `web_search_options`, which is a tool elsewhere.
 * @throws GatewayFault invalid_request with the path of what is wrong
 */
export function readTools(body: JsonObject): Tool[] {
  const tools = objectEntries(body, 'tools').map(({ entry, path }) => readTool(entry, path))
  const functions = objectEntries(body, 'functions').map(({ entry, path }) => readFunction(entry, path))
  const search = objectField(body, 'web_search_options')
  return [...tools, ...functions, ...(search ? [readWebSearch(search)] : [])]
}

function readTool(tool: JsonObject, path: string): Tool {
  if (tool.type === 'function') {
    const body = objectField(tool, 'function', path) ?? {}
    return { ...readFunction(body, `${path}.function`), ...cacheOf(tool) }
  }
  if (tool.type === 'custom') return readCustom(objectField(tool, 'custom', path) ?? {}, `${path}.custom`)
  const type = requiredString(tool, 'type', path)
  const name = asString(tool.name)
  return { kind: 'native', type, ...(name !== undefined && { name }) }
}

function readFunction(body: JsonObject, path: string): FunctionTool {
  const description = stringField(body, 'description', path)
  const parameters = objectField(body, 'parameters', path)
  const strict = booleanField(body, 'strict', path)
  return {
    kind: 'function',
    name: requiredString(body, 'name', path),
    ...(description !== undefined && { description }),
    ...(parameters && { parameters }),
    ...(strict !== undefined && { strict }),
  }
}

function readCustom(body: JsonObject, path: string): CustomTool {
  const description = stringField(body, 'description', path)
  const format = readFormat(objectField(body, 'format', path), `${path}.format`)
  return {
    kind: 'custom',
    name: requiredString(body, 'name', path),
    ...(description !== undefined && { description }),
    ...(format && { format }),
  }
}

function readFormat(format: JsonObject | undefined, path: string): CustomTool['format'] {
  if (!format) return undefined
  if (format.type !== 'grammar') return { type: 'text' }
  const grammar = objectField(format, 'grammar', path) ?? {}
  const at = `${path}.grammar`
  return {
    type: 'grammar',
    syntax: requiredString(grammar, 'syntax', at),
    definition: requiredString(grammar, 'definition', at),
  }
}

const placeKeys = ['city', 'country', 'region', 'timezone'] as const

function readWebSearch(options: JsonObject): WebSearchTool {
  const approximate = asObject(asObject(options.user_location)?.approximate)
  const userLocation: NonNullable<WebSearchTool['userLocation']> = {}
  for (const key of placeKeys) {
    const value = asString(approximate?.[key])
    if (value !== undefined) userLocation[key] = value
  }
  const contextSize = asString(options.search_context_size)
  return {
    kind: 'web-search',
    ...(approximate && { userLocation }),
    ...(contextSize !== undefined && { contextSize }),
  }
}

const words: ReadonlySet<unknown> = new Set(['auto', 'none', 'required'])

/** `tool_choice`, or the deprecated `function_call`; undefined where there are no tools to choose from. */
export function readToolChoice(body: JsonObject, tools: readonly Tool[]): Pick<CanonicalRequest, 'toolChoice'> {
  if (tools.length === 0) return {}
  const legacy = body.function_call ?? undefined
  const choice = body.tool_choice ?? undefined
  if (choice === undefined && asObject(legacy)) {
    const name = requiredString(asObject(legacy) ?? {}, 'name', 'function_call')
    return { toolChoice: { type: 'tool', name, tool: 'function' } }
  }
  const wire = choice ?? legacy
  if (wire === undefined) return {}
  if (words.has(wire)) return { toolChoice: { type: wire as 'auto' } }
  const object = asObject(wire)
  if (object) return { toolChoice: readChoiceObject(object) }
  const path = choice === undefined ? 'function_call' : 'tool_choice'
  throw invalidRequest(`Invalid value for '${path}': expected 'none', 'auto', 'required' or an object.`, path)
}

function readChoiceObject(choice: JsonObject): ToolChoice {
  const path = 'tool_choice'
  const type = requiredString(choice, 'type', path)
  if (type === 'function' || type === 'custom') {
    const name = requiredString(objectField(choice, type, path) ?? {}, 'name', pathOf(path, type))
    return { type: 'tool', name, tool: type }
  }
  if (type !== 'allowed_tools') return { type: 'native', tool: type }
  const at = `${path}.allowed_tools`
  const allowed = objectField(choice, 'allowed_tools', path) ?? {}
  const names = objectEntries(allowed, 'tools', at).map(({ entry, path: entryPath }) => {
    const type = asObject(entry.custom) ? 'custom' : 'function'
    return requiredString(asObject(entry[type]) ?? {}, 'name', pathOf(entryPath, type))
  })
  return { type: 'allowed', mode: allowed.mode === 'required' ? 'required' : 'auto', names }
}
