import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { z } from 'zod'
import { debugAspects, disconnectPolicies, maxUsageShards } from '../lambda/config.ts'
import { type PriceOverrides, priceFaults } from '../lambda/metrics/price-overrides.ts'
import { type RouteTable, routeFaults } from '../lambda/providers/routes.ts'
import { unusablePrices } from './price-check.ts'

/** What Lambda accepts: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const functionSchema = z.strictObject({
  memoryMb: z.int().min(128).max(10_240),
  timeoutSeconds: z.int().min(30).max(900),
  reservedConcurrency: z.int().min(1).optional(),
})

const milliseconds = z.int().min(1).max(900_000)

const limitsSchema = z.strictObject({
  connectMs: milliseconds,
  headersMs: milliseconds,
  firstContentMs: milliseconds,
  idleMs: milliseconds,
  graceMs: milliseconds,
  keepAliveMs: milliseconds,
  reserveMs: milliseconds,
  drainMs: milliseconds,
})

const routesSchema = z.custom<RouteTable>().superRefine((value, context) => {
  for (const message of routeFaults(value)) context.addIssue({ code: 'custom', message })
})

/** Of alarms: counts are per five minutes. */
const alarmsSchema = z.strictObject({
  errorRatePercent: z.number().min(0.1).max(100),
  errorRateMinRequests: z.int().min(1),
  ttftP95Ms: milliseconds,
  spilledRecords: z.int().min(1),
  throttles: z.int().min(1),
  functionErrors: z.int().min(1),
})

const retentionDays = Object.values(RetentionDays).filter((days) => typeof days === 'number' && days <= 3653)

/** All variables of a function together have 4 KB; the others take some 800 bytes. */
const maxPricesBytes = 3000

const pricesSchema = z.custom<PriceOverrides>().superRefine((value, context) => {
  const faults = priceFaults(value)
  if (faults.length === 0) faults.push(...unusablePrices(value))
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '')
  if (bytes > maxPricesBytes)
    faults.push(`${bytes} bytes as JSON, of which a function’s variables hold ${maxPricesBytes}`)
  for (const message of faults) context.addIssue({ code: 'custom', message })
})

/** The functions that the limits apply to; the third only reads the table. */
const exchangeFunctions = ['stream', 'buffer'] as const

const configSchema = z
  .strictObject({
    stackName: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'must be letters, digits and hyphens, a letter first'),
    functions: z.strictObject({ stream: functionSchema, buffer: functionSchema, usage: functionSchema }),
    limits: limitsSchema,
    onDisconnect: z.enum(disconnectPolicies),
    compress: z.boolean(),
    debug: z.array(z.enum(debugAspects)),
    retry: z.strictObject({
      triesPerTarget: z.int().min(1).max(10),
      backoffMs: milliseconds,
      maxBackoffMs: milliseconds,
    }),
    routes: routesSchema,
    reasoningText: z.boolean(),
    recordDays: z.int().min(1).max(3650),
    prices: pricesSchema,
    usageShards: z.record(z.string().regex(/^[A-Za-z0-9_]{1,64}$/), z.int().min(1).max(maxUsageShards)),
    logRetentionDays: z
      .int()
      .refine((days) => retentionDays.includes(days), { error: `must be one of ${retentionDays.join(', ')}` }),
    alarms: alarmsSchema,
    alarmEmail: z.email().optional(),
    table: z.strictObject({ deletionProtection: z.boolean() }),
  })
  .superRefine((config, context) => {
    for (const name of exchangeFunctions) {
      const { timeoutSeconds } = config.functions[name]
      for (const [limit, value] of Object.entries(config.limits)) {
        if (value < timeoutSeconds * 1000) continue
        context.addIssue({
          code: 'custom',
          path: ['limits', limit],
          message: `${value} ms never runs out: functions.${name}.timeoutSeconds ends the request at ${timeoutSeconds} s`,
        })
      }
    }
  })

/** The settings of a deployed gateway; what each means stands beside its value in `config.ts`. */
export type Config = z.infer<typeof configSchema>
export type FunctionConfig = Config['functions']['stream']
export type LimitName = keyof Config['limits']

/** A setting that cannot be deployed. The message is for people and names every offending path, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Checks settings at synth, where a fault costs seconds instead of a request.
 * @throws ConfigError naming each fault as `infra/config.ts: path: what is wrong`
 */
export function readConfig(settings: unknown): Config {
  const result = configSchema.safeParse(settings)
  if (result.success) return result.data
  const faults = result.error.issues.map(
    (issue) => `infra/config.ts: ${issue.path.join('.') || '(all)'}: ${issue.message}`,
  )
  throw new ConfigError(faults.join('\n'))
}
