import { createHash, randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'

/** The variable in which main.ts passes the seed to each test file. */
export const seedVariable = 'FAULTS_SEED'
export const maxSeed = 2 ** 32 - 1

/** The seed of all random numbers in this process. */
export const seed = Number(process.env[seedVariable] || randomInt(maxSeed))

/**
 * Returns a generator of numbers from 0 to 1 (exclusive) that depend on the seed and the purpose alone. A
 * schedule with its own purpose is repeated exactly, whatever runs at the same time. The algorithm is
 * mulberry32.
 */
export function createRandom(purpose: string): () => number {
  let state = createHash('sha256').update(`${seed} ${purpose}`).digest().readUInt32LE()
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Waits from `fromMs` to `toMs` milliseconds. */
export async function waitBetween(fromMs: number, toMs: number, random: () => number): Promise<void> {
  await setTimeout(fromMs + random() * (toMs - fromMs))
}
