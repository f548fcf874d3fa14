import { type Field, figure, firstPageOf, type Results, ratio } from './results.ts'
import type { ScenarioName } from './scenarios.ts'
import { type Spread, spread } from './statistics.ts'

export type Target = {
  title: string
  measure: (results: Results) => Spread | undefined
  /** Digits after the decimal point, and the unit. */
  digits: number
  unit?: string
} & ({ atLeast: number } | { atMost: number })

const firstPage = firstPageOf('service')

const against = (subject: string) => (results: Results) => ratio(results, firstPage, firstPageOf(subject))

const between = (scenario: ScenarioName, to: ScenarioName) => (results: Results) =>
  ratio(results, { subject: 'service', scenario }, { subject: 'service', scenario: to })

const ofService = (scenario: ScenarioName, field: Field) => (results: Results) =>
  figure(results, { subject: 'service', scenario }, field)

const placed = (scenario: ScenarioName, subject: string, field?: Field) => (results: Results) =>
  ratio(results, { subject: 'service', scenario }, { subject, scenario }, field)

/** Returns the spread of a figure that is measured once per run. */
const single = (value: number | undefined) => spread(value === undefined ? [] : [value])

const placing: Target[] = [
  { title: 'order with key ÷ pgbench', measure: placed('post-with-key', 'pgbench'), atLeast: 1, digits: 2 },
  {
    title: 'order with key ÷ the usual way',
    measure: placed('post-with-key', 'usual-way'),
    atLeast: 3.5,
    digits: 2,
  },
  {
    title: 'the same at 128 connections',
    measure: placed('post-with-key-128', 'usual-way'),
    atLeast: 5,
    digits: 2,
  },
  {
    title: 'order with key ÷ the version before',
    measure: placed('post-with-key', 'before'),
    atLeast: 3.5,
    digits: 2,
  },
  { title: 'order ÷ the version before', measure: placed('post', 'before'), atLeast: 3, digits: 2 },
  {
    title: 'Node CPU of an order with key',
    measure: ofService('post-with-key-128', 'processMicroseconds'),
    atMost: 160,
    digits: 0,
    unit: 'µs',
  },
  {
    title: 'PostgreSQL CPU of an order with key',
    measure: ofService('post-with-key-128', 'postgresMicroseconds'),
    atMost: 170,
    digits: 0,
    unit: 'µs',
  },
  {
    title: 'order of three items ÷ order of one',
    measure: between('post-three-items', 'post'),
    atLeast: 0.7,
    digits: 2,
  },
  {
    title: 'p50 of one client alone ÷ the version before',
    measure: placed('post-alone', 'before', 'p50'),
    atMost: 1.1,
    digits: 2,
  },
  {
    title: 'the same with key',
    measure: placed('post-with-key-alone', 'before', 'p50'),
    atMost: 1.1,
    digits: 2,
  },
  { title: 'first page ÷ the version before', measure: against('before'), atLeast: 0.95, digits: 2 },
  {
    title: 'first page with items ÷ the version before without',
    measure: (results) =>
      ratio(results, { subject: 'service', scenario: 'with-items' }, firstPageOf('before')),
    atLeast: 0.5,
    digits: 2,
  },
]

export const targets: Target[] = [
  ...placing,
  { title: 'first page ÷ constant answer', measure: against('constant'), atLeast: 0.3, digits: 2 },
  { title: 'first page ÷ pgbench', measure: against('pgbench'), atLeast: 0.5, digits: 2 },
  { title: 'first page ÷ textbook', measure: against('textbook'), atLeast: 1.4, digits: 2 },
  {
    title: 'user with 100,000 orders ÷ typical user',
    measure: between('heavy-user', 'one-token'),
    atLeast: 0.9,
    digits: 2,
  },
  {
    title: 'cost of a cursor page at depth 99,000 ÷ first page',
    measure: between('heavy-user', 'deep-cursor'),
    atMost: 1.2,
    digits: 2,
  },
  {
    title: '10,000 tokens ÷ one token',
    measure: between('first-page', 'one-token'),
    atLeast: 0.8,
    digits: 2,
  },
  {
    title: 'memory under load',
    measure: ({ peakMemory }) => single(peakMemory),
    atMost: 180,
    digits: 0,
    unit: 'MB',
  },
  {
    title: 'memory idle',
    measure: ({ idleMemory }) => single(idleMemory),
    atMost: 90,
    digits: 0,
    unit: 'MB',
  },
  {
    title: 'start of the process to first 200',
    measure: ({ startMs }) => spread(startMs),
    atMost: 500,
    digits: 0,
    unit: 'ms',
  },
]

/** Targets against the peers, by their names in bench/peers. */
export const peerTargets: Target[] = [
  { title: 'first page ÷ NestJS + TypeORM', measure: against('nest-typeorm'), atLeast: 10, digits: 1 },
  {
    title: 'first page ÷ NestJS + TypeORM, tuned',
    measure: against('nest-typeorm-tuned'),
    atLeast: 6,
    digits: 1,
  },
  { title: 'first page ÷ Platformatic DB', measure: against('platformatic-db'), atLeast: 3, digits: 1 },
]

export function isMet(target: Target, { median }: Spread): boolean {
  return 'atLeast' in target ? median >= target.atLeast : median <= target.atMost
}
