import { describe, expect, test } from 'vitest'
import { readPort, readSettings, SettingsError } from '../../lambda/config.ts'

const least = {
  SLUICE_TABLE: 'table',
  SLUICE_SECRET_ID: 'secret',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
}

const faults: Array<[name: string, env: Record<string, string | undefined>, message: string]> = [
  [
    'a limit that is no number',
    { SLUICE_IDLE_MS: '2m' },
    'SLUICE_IDLE_MS is "2m": expected a whole number of milliseconds from 1 to 900000',
  ],
  [
    'a limit of 0',
    { SLUICE_GRACE_MS: '0' },
    'SLUICE_GRACE_MS is "0": expected a whole number of milliseconds from 1 to 900000',
  ],
  [
    'a limit that never runs out',
    { SLUICE_HEADERS_MS: '900001' },
    'SLUICE_HEADERS_MS is "900001": expected a whole number of milliseconds from 1 to 900000',
  ],
  [
    'days beyond ten years',
    { SLUICE_RECORD_DAYS: '9999' },
    'SLUICE_RECORD_DAYS is "9999": expected a whole number of days from 1 to 3650',
  ],
  [
    'an endpoint without a protocol',
    { AWS_ENDPOINT_URL: '127.0.0.1' },
    'AWS_ENDPOINT_URL is "127.0.0.1": expected an http or https URL',
  ],
  [
    'a switch that is neither on nor off',
    { SLUICE_REASONING_TEXT: 'yes' },
    'SLUICE_REASONING_TEXT is "yes": expected true or false',
  ],
  [
    'a word that is none of them',
    { SLUICE_ON_DISCONNECT: 'stop' },
    'SLUICE_ON_DISCONNECT is "stop": expected abort or drain',
  ],
  [
    'a price for one token where that of a million is expected',
    { SLUICE_PRICES: '{"p/m":{"output_mtok":0.000015}}' },
    'SLUICE_PRICES: p/m.output_mtok: 0.000015 US dollars are below 0.001: prices are for a million tokens, not for one',
  ],
  [
    'a price above 0.01 US dollars a token',
    { SLUICE_PRICES: '{"m":{"input_mtok":{"base":3,"tiers":[{"start":9,"price":10001}]}}}' },
    'SLUICE_PRICES: m.input_mtok.tiers[0].price: 10001 US dollars are above 10000 (0.01 a token): is that a price for another unit?',
  ],
  [
    'a key spread over too many partitions',
    { SLUICE_USAGE_SHARDS: '{"k1":65}' },
    'SLUICE_USAGE_SHARDS: k1: expected a whole number from 1 to 64',
  ],
  ['no table', { SLUICE_TABLE: undefined }, 'SLUICE_TABLE is not set: expected the name of the table'],
  ['no region', { AWS_REGION: '' }, 'AWS_DEFAULT_REGION is not set: expected a region, here or in AWS_REGION'],
  [
    'an unknown aspect',
    { SLUICE_DEBUG: 'frames,all' },
    'SLUICE_DEBUG is "frames,all": expected any of frames, events, timing',
  ],
  [
    'two faults',
    { SLUICE_TABLE: ' ', SLUICE_CONNECT_MS: 'x' },
    'SLUICE_CONNECT_MS is "x": expected a whole number of milliseconds from 1 to 900000\n' +
      'SLUICE_TABLE is not set: expected the name of the table',
  ],
]

describe('readPort', () => {
  test.each([
    [undefined, 8080],
    ['', 8080],
    ['0', 0],
    ['65535', 65_535],
  ])('PORT %j is %d', (PORT, port) => {
    expect(readPort({ PORT })).toBe(port)
  })

  test.each(['65536', '-1', '80a', '1e3'])('PORT %j is refused', (PORT) => {
    expect(() => readPort({ PORT })).toThrow(`PORT is "${PORT}": expected a port, from 0 to 65535`)
  })
})

describe('readSettings', () => {
  test('what is not set has its default', () => {
    expect(readSettings(least)).toEqual({
      limits: {
        connectMs: 5_000,
        headersMs: 120_000,
        firstContentMs: 600_000,
        idleMs: 120_000,
        graceMs: 2_000,
        keepAliveMs: 10_000,
        reserveMs: 5_000,
        drainMs: 30_000,
      },
      onDisconnect: 'abort',
      compress: false,
      debug: new Set(),
      recordDays: 90,
      retry: { triesPerTarget: 2, backoffMs: 250, maxBackoffMs: 5_000 },
      routes: {},
      prices: {},
      usageShards: {},
      table: 'table',
      secretId: 'secret',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      endpoints: {},
      namespace: 'Sluice',
    })
  })

  test('every variable is read', () => {
    const settings = readSettings({
      ...least,
      SLUICE_KEEP_ALIVE_MS: '50',
      SLUICE_RESERVE_MS: ' 1500 ',
      SLUICE_DRAIN_MS: '900',
      SLUICE_ON_DISCONNECT: 'drain',
      SLUICE_IDLE_MS: '',
      SLUICE_RECORD_DAYS: '7',
      SLUICE_TRIES_PER_TARGET: '3',
      SLUICE_ROUTES: '{"fast":["a/x"]}',
      SLUICE_PRICES: '{"p/m":{"input_mtok":3}}',
      SLUICE_USAGE_SHARDS: '{"k1":4}',
      SLUICE_REASONING_TEXT: 'true',
      SLUICE_COMPRESS: 'true',
      SLUICE_DEBUG: 'frames, timing',
      SLUICE_NAMESPACE: 'Second',
      AWS_SESSION_TOKEN: 'c',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:2',
    })
    expect(settings.limits).toMatchObject({ keepAliveMs: 50, reserveMs: 1500, drainMs: 900, idleMs: 120_000 })
    expect(settings.onDisconnect).toBe('drain')
    expect(settings.retry.triesPerTarget).toBe(3)
    expect(settings.routes).toEqual({ fast: ['a/x'] })
    expect(settings.recordDays).toBe(7)
    expect(settings.prices).toEqual({ 'p/m': { input_mtok: 3 } })
    expect(settings.usageShards).toEqual({ k1: 4 })
    expect(settings.thinkingText).toBe(true)
    expect(settings.compress).toBe(true)
    expect(settings.debug).toEqual(new Set(['frames', 'timing']))
    expect(settings.namespace).toBe('Second')
    expect(settings.credentials.sessionToken).toBe('c')
    expect(settings.endpoints).toEqual({ dynamodb: 'http://127.0.0.1:1', secretsManager: 'http://127.0.0.1:2' })
  })

  test.each(faults)('%s is refused by name, with what is expected', (_name, env, message) => {
    const read = () => readSettings({ ...least, ...env })
    expect(read).toThrow(SettingsError)
    expect(read).toThrow(expect.objectContaining({ message }))
  })
})
