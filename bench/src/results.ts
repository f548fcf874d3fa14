import type { ScenarioName } from './scenarios.ts'
import { type Spread, spread } from './statistics.ts'

/** The result of one subject in one scenario in one round. */
export type Measurement = {
  round: number
  subject: string
  scenario: ScenarioName
  requestsPerSecond: number
  /**
   * CPU time per request, of the subject's process and of all PostgreSQL processes; undefined where the
   * system does not report it.
   */
  processMicroseconds?: number | undefined
  postgresMicroseconds?: number | undefined
  /** Of orders that were placed, in milliseconds. */
  p50?: number | undefined
  /** Bytes of WAL per order, where the subject wrote to the service's database. */
  walBytes?: number | undefined
  /** Resident memory of the subject's process after the measurement. */
  memoryMegabytes?: number | undefined
}

/** Latencies at a fixed rate, in milliseconds. */
export type Latency = { round: number; subject: string; rate: number; p50: number; p99: number }

export type Results = {
  subjects: { name: string; title: string }[]
  measurements: Measurement[]
  latencies: Latency[]
  /** From the start of the service's process to its first 200, in milliseconds. */
  startMs: number[]
  /** Resident memory of the service's process, in MB. */
  idleMemory?: number | undefined
  peakMemory?: number | undefined
}

export type Which = { subject: string; scenario: ScenarioName }

export const firstPageOf = (subject: string): Which => ({ subject, scenario: 'first-page' })

export type Field = 'requestsPerSecond' | 'processMicroseconds' | 'postgresMicroseconds' | 'p50' | 'walBytes'

/** Returns the spread of one figure over the rounds. Undefined if it was not measured. */
export function figure(results: Results, which: Which, field: Field): Spread | undefined {
  return spread(
    select(results, which)
      .map((measurement) => measurement[field])
      .filter((value) => value !== undefined),
  )
}

/**
 * Returns the spread of the ratio of two figures, request rates unless said otherwise, taken within each round, because
 * a slow phase of the machine slows both. Undefined if one of them was not measured.
 */
export function ratio(
  results: Results,
  which: Which,
  to: Which,
  field: Field = 'requestsPerSecond',
): Spread | undefined {
  const others = new Map(select(results, to).map((measurement) => [measurement.round, measurement[field]]))
  const ratios = select(results, which).map(
    (measurement) => (measurement[field] ?? Number.NaN) / (others.get(measurement.round) ?? Number.NaN),
  )
  return spread(ratios.filter((value) => !Number.isNaN(value)))
}

function select({ measurements }: Results, { subject, scenario }: Which): Measurement[] {
  return measurements.filter((entry) => entry.subject === subject && entry.scenario === scenario)
}
