import { asObject } from '../events/json.ts'

/**
 * The route table: a name clients may ask for → the steps to try, in order. A step is a model (`provider/name`), or
 * several with weights, of which each request takes one. So an alias is one step, a fallback chain several.
 *
 *     {"fast": ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"],
 *      "split": [{"openai/gpt-5-mini": 3, "local/llama": 1}]}
 */
export type RouteTable = Readonly<Record<string, readonly RouteStep[]>>
export type RouteStep = string | Readonly<Record<string, number>>

/** A chain of more steps than this is a mistake, not a plan. */
const maxSteps = 10

/** What is wrong with a route table, each fault with its path; empty if nothing is. */
export function routeFaults(value: unknown): string[] {
  const routes = asObject(value)
  if (!routes) return ['expected an object of routes']
  return Object.entries(routes).flatMap(([name, steps]) => {
    if (!Array.isArray(steps) || steps.length === 0 || steps.length > maxSteps) {
      return [`${name}: expected a list of 1 to ${maxSteps} steps`]
    }
    return steps.flatMap((step, index) => stepFaults(step).map((fault) => `${name}[${index}]${fault}`))
  })
}

function stepFaults(step: unknown): string[] {
  if (typeof step === 'string' && step !== '') return []
  const weights = Object.entries(asObject(step) ?? {})
  if (weights.length === 0) return [': expected a model (provider/name), or models by weight']
  return weights
    .filter(([, weight]) => !(Number.isFinite(weight) && (weight as number) > 0))
    .map(([model]) => `.${model}: expected a weight above 0`)
}

/**
 * The models to try for one request, in order; a name that is no route is its own only step. Routes do not lead to
 * routes, so there is no way to go in a circle.
 * @param random from 0 to 1, drawn anew for each weighted step
 */
export function modelsToTry(name: string, routes: RouteTable, random: () => number): string[] {
  const steps = Object.hasOwn(routes, name) ? routes[name] : undefined
  return steps ? steps.map((step) => (typeof step === 'string' ? step : draw(step, random()))) : [name]
}

function draw(step: Readonly<Record<string, number>>, random: number): string {
  const entries = Object.entries(step)
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  let left = random * total
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return entries.at(-1)?.[0] ?? ''
}
