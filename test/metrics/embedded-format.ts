/**
 * The rules of CloudWatch's embedded metric format, and of metrics themselves:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
 */

const units = new Set(['Seconds', 'Milliseconds', 'Bytes', 'Percent', 'Count', 'None'])
/** The smaller of the limits CloudWatch Logs has had. */
const maxBytes = 256 * 1024
const maxAgeMs = 14 * 86_400_000
const maxAheadMs = 2 * 3_600_000

type Members = Record<string, unknown>

/** One metric of a line: what CloudWatch stores its value under. */
export interface EmbeddedMetric {
  namespace: string
  name: string
  /** By name. */
  dimensions: Record<string, string>
  value: number
}

/** What CloudWatch would refuse or drop of a line, each as `path: what is wrong`. */
export function embeddedFaults(line: string, now: number): string[] {
  const faults: string[] = []
  const must = (condition: boolean, fault: string) => void (condition || faults.push(fault))
  must(Buffer.byteLength(line) <= maxBytes, 'line: too long')
  const root = JSON.parse(line) as Members
  const { Timestamp, CloudWatchMetrics, ...others } = root._aws as Members
  must(Object.keys(others).length === 0, '_aws: unknown members')
  must(Number.isInteger(Timestamp), '_aws.Timestamp: no whole number')
  must(now - Number(Timestamp) < maxAgeMs && Number(Timestamp) - now < maxAheadMs, '_aws.Timestamp: too far away')
  const directives = CloudWatchMetrics as Members[]
  must(Array.isArray(directives) && directives.length > 0, '_aws.CloudWatchMetrics: no list')
  for (const [at, directive] of directives.entries()) {
    faults.push(...directiveFaults(directive, root).map((fault) => `CloudWatchMetrics[${at}].${fault}`))
  }
  return faults
}

function directiveFaults(directive: Members, root: Members): string[] {
  const { Namespace, Dimensions, Metrics, ...others } = directive
  if (!isList<unknown[]>(Dimensions) || !isList<Members>(Metrics)) return ['Dimensions and Metrics: expected lists']
  return [
    ...Object.keys(others).map((name) => `${name}: unknown`),
    ...(isText(Namespace, 1024) && !Namespace.startsWith('AWS/') ? [] : ['Namespace: no name']),
    ...Dimensions.flatMap((set) => setFaults(set, root)),
    ...(Metrics.length <= 100 ? [] : ['Metrics: more than 100']),
    ...(new Set(Metrics.map(({ Name }) => Name)).size === Metrics.length ? [] : ['Metrics: one twice']),
    ...Metrics.flatMap((metric) => metricFaults(metric, root)),
  ]
}

function setFaults(set: unknown[], root: Members): string[] {
  if (set.length > 30 || new Set(set).size < set.length) return ['Dimensions: more than 30, or one twice']
  return set.flatMap((name) => {
    if (!isText(name, 250)) return ['Dimensions: no name']
    const value = root[name]
    return isText(value, 1024) && /^[\x20-\x7e]*$/.test(value) && value.trim() ? [] : [`Dimensions: ${name}: no ASCII`]
  })
}

function metricFaults({ Name, Unit, ...others }: Members, root: Members): string[] {
  if (!isText(Name, 1024)) return ['Metrics: no name']
  return [
    ...Object.keys(others).map((member) => `Metrics: ${member}: unknown`),
    ...(units.has(String(Unit)) ? [] : [`Metrics: ${Name}: unit ${Unit}`]),
    ...(typeof root[Name] === 'number' ? [] : [`Metrics: ${Name}: ${root[Name]} is no number`]),
  ]
}

function isList<Each>(value: unknown): value is Each[] {
  return Array.isArray(value) && value.length > 0
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= max
}

/** The metrics CloudWatch would read from a line that has no faults. */
export function embeddedMetrics(line: string): EmbeddedMetric[] {
  const root = JSON.parse(line) as Members
  const { CloudWatchMetrics } = root._aws as { CloudWatchMetrics: Directive[] }
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((set) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(set.map((name) => [name, String(root[name])])),
        value: Number(root[Name]),
      })),
    ),
  )
}

interface Directive {
  Namespace: string
  Dimensions: string[][]
  Metrics: { Name: string }[]
}
