import { invalidRequest } from '../../errors.ts'
import { type CanonicalRequest, type CustomTool, type JsonObject, paramOf, type Tool } from '../../events/request.ts'
import { clampToolName, restoreOf, type ToolRestore } from '../../events/tool-names.ts'
import type { WriteContext } from '../codec.ts'
import { objectSchema } from '../shared/object-schema.ts'
import { writeCacheMark } from './cache-marks.ts'
import type { OutputPlan } from './request-write-output.ts'
import { strictSchema } from './schema.ts'

export interface ToolPlan {
  /** `tools` and `tool_choice`, as far as there is anything to say. */
  fields: JsonObject
  /** Does the choice leave the model no way but a call? Anthropic refuses thinking together with that. */
  forced: boolean
  restore: ToolRestore
}

export function planTools(request: CanonicalRequest, output: OutputPlan, context: WriteContext): ToolPlan {
  if (output.tool) return jsonTool(output.tool)
  const restore = restoreOf(request.tools, true)
  const { tools, choice } = writeChoice(request, context)
  const written = tools.flatMap((tool) => writeTool(tool, request, context) ?? [])
  nameUnlimitedCalls(request, context)
  if (written.length === 0) return { fields: {}, forced: false, restore }
  const toolChoice = withParallel(choice, request)
  return {
    fields: { tools: written, ...(toolChoice && { tool_choice: toolChoice }) },
    forced: choice?.type === 'any' || choice?.type === 'tool',
    restore,
  }
}

function jsonTool({ name, description, schema }: NonNullable<OutputPlan['tool']>): ToolPlan {
  return {
    fields: { tools: [{ name, description, input_schema: schema }], tool_choice: { type: 'tool', name } },
    forced: true,
    restore: new Map([[name, { name, tool: 'function', asText: true }]]),
  }
}

interface Choice {
  tools: readonly Tool[]
  choice?: { type: 'auto' | 'any' | 'none' } | { type: 'tool'; name: string }
}

function writeChoice(request: CanonicalRequest, context: WriteContext): Choice {
  const { tools, toolChoice } = request
  switch (toolChoice?.type) {
    case undefined:
      return { tools }
    case 'auto':
    case 'none':
      return { tools, choice: { type: toolChoice.type } }
    case 'required':
      return { tools, choice: { type: forcing(context) ? 'any' : 'auto' } }
    case 'tool': {
      const name = clampToolName(toolChoice.name, toolChoice.namespace)
      if (forcing(context)) return { tools, choice: { type: 'tool', name } }
      return { tools: tools.filter((tool) => wireName(tool) === name), choice: { type: 'auto' } }
    }
    case 'allowed': {
      const kept = tools.filter((tool) => toolChoice.names.some((name) => isNamed(tool, name)))
      return { tools: kept, choice: { type: toolChoice.mode === 'required' && forcing(context) ? 'any' : 'auto' } }
    }
    case 'native':
      return { tools, choice: { type: 'tool', name: nativeChoice(request, toolChoice.tool) } }
  }
}

/** Some models refuse any forced call: then it is only allowed, to this tool alone, with a loss. */
function forcing({ capabilities, losses }: WriteContext): boolean {
  if (capabilities.forcedTools !== false) return true
  losses.add('tool-choice')
  return false
}

function wireName(tool: Tool): string | undefined {
  if (tool.kind !== 'function' && tool.kind !== 'custom') return undefined
  return clampToolName(tool.name, tool.namespace)
}

function isNamed(tool: Tool, name: string): boolean {
  if (tool.kind === 'web-search') return name.startsWith('web_search')
  return tool.name === name || wireName(tool) === name
}

function nativeChoice(request: CanonicalRequest, type: string): string {
  if (type.startsWith('web_search') && request.tools.some((tool) => tool.kind === 'web-search')) return 'web_search'
  throw invalidRequest(`This model has no tool of type "${type}".`, paramOf(request, 'toolChoice'))
}

/** `disable_parallel_tool_use` is a field of the choice; without a choice it needs one. */
function withParallel(choice: Choice['choice'], { parallelToolCalls }: CanonicalRequest): JsonObject | undefined {
  if (parallelToolCalls !== false || choice?.type === 'none') return choice
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true }
}

function nameUnlimitedCalls(request: CanonicalRequest, { losses }: WriteContext): void {
  const limited = request.tools.some((tool) => tool.kind === 'web-search')
  if (request.maxToolCalls !== undefined && !limited) losses.add('max-tool-calls')
}

function writeTool(tool: Tool, request: CanonicalRequest, context: WriteContext): JsonObject | undefined {
  const { losses } = context
  switch (tool.kind) {
    case 'function': {
      const strict = tool.strict === true && context.capabilities.structuredOutput === true
      if (tool.strict === true && !strict) losses.add('tool-option')
      const schema = objectSchema(tool.parameters ?? {})
      return {
        name: clampToolName(tool.name, tool.namespace),
        ...(tool.description && { description: tool.description }),
        input_schema: strict ? strictSchema(schema, losses) : schema,
        ...(strict && { strict }),
        ...writeCacheMark(tool.cache, losses),
      }
    }
    case 'custom':
      return writeCustom(tool, context)
    case 'web-search':
      if (tool.contextSize !== undefined && tool.contextSize !== 'medium') losses.add('search-options')
      return writeWebSearch(tool, request.maxToolCalls)
    case 'native':
      losses.add('tool')
      return undefined
  }
}

const inputSchema = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
}

/** Free text as a function with one string property; a grammar can only be described. */
function writeCustom(tool: CustomTool, { losses }: WriteContext): JsonObject {
  const { format } = tool
  let description = tool.description ?? ''
  if (format?.type === 'grammar') {
    losses.add('tool-grammar')
    description += `\n\nThe input must match this ${format.syntax} grammar:\n${format.definition}`
  }
  return {
    name: clampToolName(tool.name, tool.namespace),
    ...(description && { description: description.trim() }),
    input_schema: inputSchema,
  }
}

function writeWebSearch(tool: Extract<Tool, { kind: 'web-search' }>, maxToolCalls: number | undefined): JsonObject {
  const maxUses = tool.maxUses ?? maxToolCalls
  return {
    type: 'web_search_20250305',
    name: 'web_search',
    ...(tool.allowedDomains && { allowed_domains: tool.allowedDomains }),
    ...(tool.blockedDomains && { blocked_domains: tool.blockedDomains }),
    ...(tool.userLocation && { user_location: { type: 'approximate', ...tool.userLocation } }),
    ...(maxUses !== undefined && { max_uses: maxUses }),
  }
}
