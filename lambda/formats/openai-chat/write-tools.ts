import { invalidRequest } from '../../errors.ts'
import {
  type CanonicalRequest,
  type CustomTool,
  type FunctionTool,
  type JsonObject,
  paramOf,
  type Tool,
  type ToolChoice,
  type WebSearchTool,
} from '../../events/request.ts'
import { clampToolName } from '../../events/tool-names.ts'
import type { WriteContext } from '../codec.ts'
import { objectSchema } from '../shared/object-schema.ts'

/** Models of Chat Completions that search: https://platform.openai.com/docs/guides/tools-web-search */
const searchModels = /search/

/**
 * `tools`, `tool_choice`, `parallel_tool_calls` and `web_search_options` of a request. Tools that C does not have are
 * left out with a loss.
 * @throws GatewayFault invalid_request(tool_choice) if a tool that C does not have is forced
 */
export function writeTools(request: CanonicalRequest, context: WriteContext): JsonObject {
  const tools = request.tools.flatMap((tool) => writeTool(tool, context))
  const search = request.tools.find((tool) => tool.kind === 'web-search')
  const searches = search !== undefined && searchModels.test(context.model)
  if (search && !searches) context.losses.add('tool')
  const choice = writeChoice(request, context)
  return {
    ...(tools.length > 0 && { tools }),
    ...(tools.length > 0 && choice !== undefined && { tool_choice: choice }),
    // OpenAI refuses the field where there are no tools.
    ...(tools.length > 0 && request.parallelToolCalls === false && { parallel_tool_calls: false }),
    ...(search && searches && { web_search_options: writeSearch(search, context) }),
  }
}

function writeTool(tool: Tool, context: WriteContext): JsonObject[] {
  switch (tool.kind) {
    case 'function':
      return [writeFunction(tool, context)]
    case 'custom':
      return [context.quirks.wrapCustomTools ? wrapCustom(tool, context) : writeCustom(tool)]
    case 'web-search':
      return []
    case 'native':
      context.losses.add('tool')
      return []
  }
}

function writeFunction(tool: FunctionTool, { losses }: WriteContext): JsonObject {
  if (tool.cache) losses.add('cache-hint')
  const { description, parameters, strict } = tool
  return {
    type: 'function',
    function: {
      name: clampToolName(tool.name, tool.namespace),
      ...(description !== undefined && { description }),
      ...(parameters && { parameters: objectSchema(parameters) }),
      ...(strict !== undefined && { strict }),
    },
  }
}

function writeCustom(tool: CustomTool): JsonObject {
  const { description, format } = tool
  const wire =
    format?.type === 'grammar'
      ? { type: 'grammar', grammar: { syntax: format.syntax, definition: format.definition } }
      : format
  return {
    type: 'custom',
    custom: {
      name: clampToolName(tool.name, tool.namespace),
      ...(description !== undefined && { description }),
      ...(wire && { format: wire }),
    },
  }
}

const inputSchema = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
} as const

/** A function with one string, for providers without custom tools; a grammar becomes text of the description. */
function wrapCustom(tool: CustomTool, { losses }: WriteContext): JsonObject {
  const grammar = tool.format?.type === 'grammar' ? tool.format : undefined
  if (grammar) losses.add('tool-grammar')
  const rule = grammar && `The input must match this ${grammar.syntax} grammar:\n${grammar.definition}`
  const description = [tool.description, rule].filter((text) => text !== undefined).join('\n\n')
  const name = clampToolName(tool.name, tool.namespace)
  return {
    type: 'function',
    function: { name, ...(description !== '' && { description }), parameters: inputSchema },
  }
}

function writeChoice(request: CanonicalRequest, context: WriteContext): unknown {
  const choice = request.toolChoice
  if (!choice) return undefined
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type
    case 'tool':
      return writeNamed(choice, context)
    case 'allowed':
      return writeAllowed(choice, request, context)
    case 'native':
      throw invalidRequest(`This provider has no tool "${choice.tool}".`, paramOf(request, 'toolChoice'))
  }
}

function writeNamed(choice: Extract<ToolChoice, { type: 'tool' }>, { quirks }: WriteContext): JsonObject {
  const name = clampToolName(choice.name, choice.namespace)
  return choice.tool === 'custom' && !quirks.wrapCustomTools
    ? { type: 'custom', custom: { name } }
    : { type: 'function', function: { name } }
}

/** Tools that C does not have cannot be allowed either; without any other the model is to call none. */
function writeAllowed(
  { names, mode }: Extract<ToolChoice, { type: 'allowed' }>,
  request: CanonicalRequest,
  context: WriteContext,
): unknown {
  const tools = names.flatMap((name) => {
    const tool = request.tools.find((other) => isWritten(other) && other.name === name)
    return tool && isWritten(tool) ? [writeNamed({ type: 'tool', ...named(tool) }, context)] : []
  })
  if (tools.length > 0) return { type: 'allowed_tools', allowed_tools: { mode, tools } }
  if (mode === 'auto') return 'none'
  throw invalidRequest('This provider has none of the allowed tools.', paramOf(request, 'toolChoice'))
}

function isWritten(tool: Tool): tool is FunctionTool | CustomTool {
  return tool.kind === 'function' || tool.kind === 'custom'
}

function named({ name, kind, namespace }: FunctionTool | CustomTool) {
  return { name, tool: kind, ...(namespace !== undefined && { namespace }) }
}

function writeSearch(tool: WebSearchTool, { losses }: WriteContext): JsonObject {
  if (tool.allowedDomains || tool.blockedDomains || tool.maxUses !== undefined) losses.add('search-options')
  return {
    ...(tool.contextSize !== undefined && { search_context_size: tool.contextSize }),
    ...(tool.userLocation && { user_location: { type: 'approximate', approximate: tool.userLocation } }),
  }
}
