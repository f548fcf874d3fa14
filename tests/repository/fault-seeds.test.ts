import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const faults = join(import.meta.dirname, '../faults')
const main = join(faults, 'main.ts')

test('a seed gives the same sequence for a purpose in every process', () => {
  const first = numbers({ seed: '7', purpose: 'kills' })
  assert.deepEqual(numbers({ seed: '7', purpose: 'kills' }), first)
  assert.notDeepEqual(numbers({ seed: '7', purpose: 'pauses' }), first)
  assert.notDeepEqual(numbers({ seed: '8', purpose: 'kills' }), first)
  assert.notDeepEqual(numbers({ seed: '', purpose: 'kills' }), numbers({ seed: '', purpose: 'kills' }))
  assert.ok(first.every((number) => number >= 0 && number < 1))
  const mean = first.reduce((sum, number) => sum + number) / first.length
  assert.ok(mean > 0.45 && mean < 0.55, `${mean}`)
})

test('a run of the faults prints its seed at the start and, when it fails, how to repeat it', async (t) => {
  const run = spawn(process.execPath, [main, '--quick', '--seed', '4711', 'order-frozen'], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => run.kill('SIGKILL'))
  // when stopped, it reports unfinished tests as failed
  run.stdout.once('data', () => run.kill('SIGTERM'))
  const output = await text(run.stdout)
  assert.match(output, /^seed 4711\n/)
  assert.match(output, /npm run test:faults -- --seed 4711 order-frozen$/m)
})

test('an invalid seed is refused before anything starts', () => {
  for (const seed of ['x', '1.5', '4294967296']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--seed', seed], {
      encoding: 'utf8',
    })
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' })
    assert.match(stderr, /--seed must be a whole number up to 4294967295/)
  }
})

test('every random choice in the faults depends on the seed', () => {
  const files = globSync('**/*.ts', { cwd: faults })
  assert.ok(files.length > 20)
  assert.deepEqual(
    files.filter((file) => readFileSync(join(faults, file), 'utf8').includes('Math.random')),
    [],
  )
})

/** Returns the first numbers of a purpose, in a separate process. */
function numbers({ seed, purpose }: { seed: string; purpose: string }): number[] {
  const source = `
    import { createRandom } from ${JSON.stringify(join(faults, 'harness/random.ts'))}
    const random = createRandom(${JSON.stringify(purpose)})
    console.log(JSON.stringify(Array.from({ length: 1000 }, random)))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    env: { FAULTS_SEED: seed },
    encoding: 'utf8',
  })
  return JSON.parse(stdout)
}
