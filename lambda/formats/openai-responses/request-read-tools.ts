import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../events/losses.ts'
import type { CustomTool, FunctionTool, Tool, ToolChoice, WebSearchTool } from '../../events/request.ts'
import { Fields } from './fields.ts'

export function readTools(tools: readonly Fields[], losses: Losses): Tool[] {
  return tools.flatMap((tool) => readTool(tool, losses))
}

function readTool(tool: Fields, losses: Losses): Tool[] {
  const type = tool.requiredString('type')
  switch (type) {
    case 'function':
      return [readFunction(tool, losses)]
    case 'custom':
      return [readCustom(tool, losses)]
    case 'namespace':
      return readNamespace(tool, losses)
    default:
      return isWebSearch(type) ? readWebSearch(tool, losses) : [{ kind: 'native', type }]
  }
}

/** Its tools keep their own names and carry the namespace beside them. */
function readNamespace(namespace: Fields, losses: Losses): Tool[] {
  const name = namespace.requiredString('name')
  if (namespace.string('description')) losses.add('tool-option')
  return readTools(namespace.list('tools'), losses).map((tool) =>
    tool.kind === 'function' || tool.kind === 'custom' ? { ...tool, namespace: name } : tool,
  )
}

function readFunction(tool: Fields, losses: Losses): FunctionTool {
  readOptions(tool, losses)
  const description = tool.string('description')
  const parameters = tool.object('parameters')
  const strict = tool.boolean('strict')
  return {
    kind: 'function',
    name: tool.requiredString('name'),
    ...(description !== undefined && { description }),
    ...(parameters && { parameters }),
    ...(strict !== undefined && { strict }),
  }
}

function readCustom(tool: Fields, losses: Losses): CustomTool {
  readOptions(tool, losses)
  const description = tool.string('description')
  const format = tool.fields('format')
  return {
    kind: 'custom',
    name: tool.requiredString('name'),
    ...(description !== undefined && { description }),
    ...(format && { format: readFormat(format) }),
  }
}

function readFormat(format: Fields): NonNullable<CustomTool['format']> {
  if (format.oneOf('type', ['text', 'grammar']) !== 'grammar') return { type: 'text' }
  const syntax = format.requiredString('syntax')
  return { type: 'grammar', syntax, definition: format.requiredString('definition') }
}

function readOptions(tool: Fields, losses: Losses): void {
  if (tool.boolean('async')) throw invalidRequest('Asynchronous tools cannot be converted.', tool.at('async'))
  const callers = tool.array('allowed_callers') ?? []
  const unusual = tool.boolean('defer_loading') || tool.object('output_schema') || callers.includes('programmatic')
  if (unusual) losses.add('tool-option')
}

export function isWebSearch(type: string): boolean {
  return type.startsWith('web_search')
}

/**
 * A search that may not leave the provider's index (`external_web_access: false`) has no counterpart: other providers'
 * searches are live, so the tool is left out rather than given more access than the client allowed.
 */
function readWebSearch(tool: Fields, losses: Losses): WebSearchTool[] {
  if (tool.boolean('external_web_access') === false) {
    losses.add('tool')
    return []
  }
  const filters = tool.fields('filters')
  const location = tool.fields('user_location')
  const contextSize = tool.string('search_context_size')
  const allowed = domains(filters, 'allowed_domains')
  const blocked = domains(filters, 'blocked_domains')
  return [
    {
      kind: 'web-search',
      ...(allowed && { allowedDomains: allowed }),
      ...(blocked && { blockedDomains: blocked }),
      ...(location && { userLocation: readLocation(location) }),
      // `medium` is the default.
      ...(contextSize !== undefined && contextSize !== 'medium' && { contextSize }),
    },
  ]
}

function domains(filters: Fields | undefined, name: string): string[] | undefined {
  return filters?.array(name)?.filter((domain) => typeof domain === 'string')
}

function readLocation(location: Fields): NonNullable<WebSearchTool['userLocation']> {
  const read: NonNullable<WebSearchTool['userLocation']> = {}
  for (const field of ['city', 'country', 'region', 'timezone'] as const) {
    const value = location.string(field)
    if (value !== undefined) read[field] = value
  }
  return read
}

export function readToolChoice(body: Fields, tools: readonly Tool[]): ToolChoice | undefined {
  const value = body.value('tool_choice')
  if (value === undefined) return undefined
  if (typeof value === 'string') {
    const type = body.oneOf('tool_choice', ['auto', 'none', 'required'])
    return type && { type }
  }
  const choice = new Fields(value, 'tool_choice')
  const type = choice.requiredString('type')
  switch (type) {
    case 'function':
    case 'custom': {
      const name = choice.requiredString('name')
      const namespace = choice.string('namespace') ?? namespaceOf(name, tools)
      return { type: 'tool', name, tool: type, ...(namespace !== undefined && { namespace }) }
    }
    case 'allowed_tools':
      return {
        type: 'allowed',
        mode: choice.oneOf('mode', ['auto', 'required']) ?? 'auto',
        names: choice.list('tools').map((tool) => tool.string('name') ?? tool.requiredString('type')),
      }
    default:
      return { type: 'native', tool: isWebSearch(type) ? 'web_search' : type }
  }
}

function namespaceOf(name: string, tools: readonly Tool[]): string | undefined {
  const tool = tools.find((other) => (other.kind === 'function' || other.kind === 'custom') && other.name === name)
  return tool?.kind === 'function' || tool?.kind === 'custom' ? tool.namespace : undefined
}
