import type { Responses } from 'openai/resources/responses/responses'
import { assertNever, invalidRequest } from '../../errors.ts'
import type { Losses } from '../../events/losses.ts'
import { type CanonicalRequest, paramOf, type Tool, type ToolChoice, type WebSearchTool } from '../../events/request.ts'
import { clampToolName } from '../../events/tool-names.ts'
import { objectSchema } from '../shared/object-schema.ts'

type WireChoice = NonNullable<Responses.ResponseCreateParams['tool_choice']>

/** `tools` and `tool_choice`; nothing at all where no tool is left. */
export function writeTools(
  request: CanonicalRequest,
  losses: Losses,
): Pick<Responses.ResponseCreateParams, 'tools' | 'tool_choice'> {
  const tools = request.tools.flatMap((tool) => writeTool(tool, losses))
  const choice = request.toolChoice && writeChoice(request.toolChoice, request)
  if (tools.length === 0) return {}
  return { tools, ...(choice && { tool_choice: choice }) }
}

function writeTool(tool: Tool, losses: Losses): Responses.Tool[] {
  switch (tool.kind) {
    case 'function': {
      if (tool.cache) losses.add('cache-hint')
      const { description } = tool
      const parameters = objectSchema(tool.parameters ?? {})
      const name = clampToolName(tool.name, tool.namespace)
      // Without `strict` R would try to be strict and rewrite the schema.
      const strict = tool.strict ?? false
      return [{ type: 'function', name, ...(description !== undefined && { description }), parameters, strict }]
    }
    case 'custom': {
      const { description, format } = tool
      const name = clampToolName(tool.name, tool.namespace)
      const wire: Responses.CustomTool = { type: 'custom', name, ...(description !== undefined && { description }) }
      return [format ? { ...wire, format: format as NonNullable<Responses.CustomTool['format']> } : wire]
    }
    case 'web-search':
      return [writeWebSearch(tool, losses)]
    case 'native':
      losses.add('tool')
      return []
    default:
      return assertNever(tool)
  }
}

function writeWebSearch(tool: WebSearchTool, losses: Losses): Responses.WebSearchTool {
  const { allowedDomains, userLocation, contextSize } = tool
  if (tool.blockedDomains?.length) losses.add('search-options')
  return {
    type: 'web_search',
    ...(allowedDomains && { filters: { allowed_domains: allowedDomains } }),
    ...(userLocation && { user_location: { type: 'approximate', ...userLocation } }),
    ...(contextSize && { search_context_size: contextSize as 'low' | 'medium' | 'high' }),
  }
}

function writeChoice(choice: ToolChoice, request: CanonicalRequest): WireChoice {
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type
    case 'tool':
      return { type: choice.tool, name: clampToolName(choice.name, choice.namespace) }
    case 'allowed':
      return {
        type: 'allowed_tools',
        mode: choice.mode,
        tools: request.tools.flatMap((tool) => allowed(tool, choice.names)),
      }
    case 'native':
      if (choice.tool === 'web_search' && request.tools.some((tool) => tool.kind === 'web-search')) {
        // Missing in the published type, though the API takes every built-in tool's type.
        return { type: 'web_search' } as unknown as WireChoice
      }
      throw invalidRequest(`The tool "${choice.tool}" does not exist at this provider.`, paramOf(request, 'toolChoice'))
    default:
      return assertNever(choice)
  }
}

function allowed(tool: Tool, names: readonly string[]): Array<{ type: string; name?: string }> {
  switch (tool.kind) {
    case 'function':
    case 'custom':
      return names.includes(tool.name) ? [{ type: tool.kind, name: clampToolName(tool.name, tool.namespace) }] : []
    case 'web-search':
      return names.includes('web_search') ? [{ type: 'web_search' }] : []
    case 'native':
      return []
    default:
      return assertNever(tool)
  }
}
