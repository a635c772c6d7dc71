import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Frame } from '../../../lambda/framing/sse.ts'

type Path = readonly (string | number)[]

/** A place in one event of a stream. */
export interface Place {
  /** Index of the frame. */
  frame: number
  path: Path
  /** The event's `type`, and the path with `*` for every index of a list. */
  name: string
}

/** Every value in the JSON of these frames, by its place; the events themselves are none. */
export function placesIn(frames: readonly Frame[]): Place[] {
  return frames.flatMap(({ data }, frame) => {
    const event = parsed(data)
    if (event === undefined) return []
    const type = typeof event.type === 'string' ? event.type : ''
    return pathsIn(event).map((path) => ({ frame, path, name: [type, ...path.map(generic)].join(' ').trim() }))
  })
}

function generic(step: string | number): string {
  return typeof step === 'number' ? '*' : step
}

function parsed(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined // `[DONE]`, or a fixture's broken event
  }
}

function pathsIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const steps = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value)
  return steps.flatMap((step) => {
    const path = [...at, step]
    return [path, ...pathsIn((value as Record<string | number, unknown>)[step], path)]
  })
}

export function valueAt(frames: readonly Frame[], { frame, path }: Place): unknown {
  let value: unknown = parsed(frames[frame]?.data ?? '')
  for (const step of path) value = (value as Record<string | number, unknown>)[step]
  return value
}

/** The frames with another value at this place, or, for undefined, with nothing there. */
export function withValue(frames: readonly Frame[], { frame, path }: Place, value: unknown): Frame[] {
  return frames.map((each, at) => {
    if (at !== frame) return each
    const event = parsed(each.data)
    const last = path.at(-1)
    let holder: unknown = event
    for (const step of path.slice(0, -1)) holder = (holder as Record<string | number, unknown>)[step]
    if (value !== undefined) Object.assign(holder as object, { [last as string]: value })
    else if (Array.isArray(holder)) holder.splice(Number(last), 1)
    else delete (holder as JsonObject)[last as string]
    return { ...each, data: JSON.stringify(event) }
  })
}

const values = [null, true, 7, 'wrong', [], {}] as const

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value
}

/** A value of every type but the right one's. Null says nothing of the type that belongs there. */
export function wrongValues(right: unknown): unknown[] {
  return right === null ? [] : values.filter((value) => value === null || typeOf(value) !== typeOf(right))
}
