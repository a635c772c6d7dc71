import * as z from 'zod/mini'

/**
 * The route table: a name clients may ask for → the steps to try, in order. A step is a model (`provider/name`), or
 * several with weights, of which each request takes one. So an alias is one step, a fallback chain several.
 *
 *     {"fast": ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"],
 *      "split": [{"openai/gpt-5-mini": 3, "local/llama": 1}]}
 */
export type RouteTable = Readonly<Record<string, readonly RouteStep[]>>
export type RouteStep = string | Readonly<Record<string, number>>

const model = z.string('expected a model: provider/name').check(z.minLength(1, 'expected a model: provider/name'))
const weights = z
  .record(
    model,
    z.number('expected a weight').check(z.positive('expected a weight above 0')),
    'expected models by weight',
  )
  .check(z.refine((steps) => Object.keys(steps).length > 0, 'expected at least one model'))

/** Names with a chain of more than this are a mistake, not a plan. */
const maxSteps = 10

export const routeTableSchema = z.record(
  z.string(),
  z
    .array(z.union([model, weights], 'expected a model, or models by weight'), 'expected a list of steps')
    .check(z.minLength(1, 'expected at least one step'), z.maxLength(maxSteps, `expected at most ${maxSteps} steps`)),
  'expected an object of routes',
)

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
