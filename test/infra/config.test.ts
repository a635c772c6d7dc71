import { describe, expect, test } from 'vitest'
import { config } from '../../infra/config.ts'
import { ConfigError, readConfig } from '../../infra/config-schema.ts'

const stream = config.functions.stream

const faults: { fault: string; settings: unknown; message: RegExp }[] = [
  {
    fault: 'memory below what Lambda has',
    settings: { ...config, functions: { ...config.functions, stream: { ...stream, memoryMb: 64 } } },
    message: /^infra\/config\.ts: functions\.stream\.memoryMb: .*>=128$/,
  },
  {
    fault: 'a timeout beyond fifteen minutes',
    settings: { ...config, functions: { ...config.functions, stream: { ...stream, timeoutSeconds: 901 } } },
    message: /^infra\/config\.ts: functions\.stream\.timeoutSeconds: .*<=900$/,
  },
  {
    fault: 'a retention CloudWatch does not know',
    settings: { ...config, logRetentionDays: 10 },
    message: /^infra\/config\.ts: logRetentionDays: must be one of 1, 3, 5, 7, 14, 30, 60, 90,/,
  },
  {
    fault: 'a limit that is not a number',
    settings: { ...config, limits: { ...config.limits, idleMs: '120s' } },
    message: /^infra\/config\.ts: limits\.idleMs: .*expected number, received string$/,
  },
  {
    fault: 'a limit that the function does not live to see',
    settings: { ...config, functions: { ...config.functions, stream: { ...stream, timeoutSeconds: 300 } } },
    message: /^infra\/config\.ts: limits\.firstContentMs: 600000 ms never runs out: functions\.stream\.timeoutSeconds/,
  },
  {
    fault: 'a price for a million tokens where that of one is expected, or the other way round',
    settings: { ...config, prices: { 'p/m': { input_mtok: 3_000_000, output_mtok: 0.000015 } } },
    message:
      /^infra\/config\.ts: prices: p\/m\.input_mtok: 3000000 US dollars are above 10000 \(0\.01 a token\).*\n.*p\/m\.output_mtok: 0\.000015 US dollars are below/,
  },
  {
    fault: 'a price that nothing has',
    settings: { ...config, prices: { m: { input: 3 } } },
    message: /^infra\/config\.ts: prices: m\.input: expected one of input_mtok, output_mtok,/,
  },
  {
    fault: 'a price of a tier without a start',
    settings: { ...config, prices: { m: { input_mtok: { base: 3, tiers: [{ price: 6 }] } } } },
    message: /^infra\/config\.ts: prices: m\.input_mtok\.tiers\[0\]\.start: expected a whole number of input tokens$/,
  },
  {
    fault: 'a price for a part without one for the whole',
    settings: { ...config, prices: { m: { input_mtok: 3, serviceTiers: { flex: { output_audio_mtok: 3 } } } } },
    message: /^infra\/config\.ts: prices: m\.serviceTiers\.flex: Missing ancestor price key output_mtok/,
  },
  {
    fault: 'a key spread over no partition',
    settings: { ...config, usageShards: { k1: 0 } },
    message: /^infra\/config\.ts: usageShards\.k1: .*>=1$/,
  },
  {
    fault: 'a rate above all requests',
    settings: { ...config, alarms: { ...config.alarms, errorRatePercent: 500 } },
    message: /^infra\/config\.ts: alarms\.errorRatePercent: .*<=100$/,
  },
  {
    fault: 'an alarm at nothing',
    settings: { ...config, alarms: { ...config.alarms, throttles: 0 } },
    message: /^infra\/config\.ts: alarms\.throttles: .*>=1$/,
  },
  {
    fault: 'an address nobody can write to',
    settings: { ...config, alarmEmail: 'operations' },
    message: /^infra\/config\.ts: alarmEmail: .*email/,
  },
  {
    fault: 'a misspelt setting',
    settings: { ...config, recordDay: 30 },
    message: /^infra\/config\.ts: \(all\): .*"recordDay"$/,
  },
  {
    fault: 'a stack name CloudFormation refuses',
    settings: { ...config, stackName: 'my gateway' },
    message: /^infra\/config\.ts: stackName: must be letters, digits and hyphens, a letter first$/,
  },
]

describe('a setting that cannot be deployed is named by its path', () => {
  test.each(faults)('$fault', ({ settings, message }) => {
    expect(() => readConfig(settings)).toThrow(ConfigError)
    expect(() => readConfig(settings)).toThrow(message)
  })
})

test('every fault is named at once, one a line', () => {
  const settings = { ...config, stackName: '', recordDays: 0, table: {} }
  expect(() => readConfig(settings)).toThrow(/stackName: .*\n.*recordDays: .*\n.*table\.deletionProtection: /)
})

test('the settings as they stand can be deployed', () => {
  expect(readConfig(config)).toEqual(config)
})
