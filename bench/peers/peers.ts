import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Peer = {
  name: string
  title: string
  /** The absolute path of the working folder. */
  folder: string
  /** argv; `node` stands for process.execPath. */
  command: string[]
  env?: Record<string, string>
  /** The request path of the first page of 20. */
  path: string
  // biome-ignore lint/suspicious/noExplicitAny: the parsed body, whose shape differs between the peers
  rows: (body: any) => { userId: string }[]
  /** Returns the total number of the caller's orders. */
  count: (response: Answer) => number
}

export type Answer = {
  // biome-ignore lint/suspicious/noExplicitAny: see rows
  body: any
  headers: Record<string, string | string[] | undefined>
}

const root = import.meta.dirname

const page = {
  path: '/orders?limit=20&offset=0',
  rows: (body: { data: { userId: string }[] }) => body.data,
  count: ({ body }: Answer): number => body.meta.count,
}

export const peers: Peer[] = [
  {
    name: 'nest-typeorm',
    title: 'NestJS + TypeORM, as usually written',
    folder: join(root, 'nest-typeorm'),
    command: ['node', 'dist/main.js'],
    ...page,
  },
  {
    name: 'nest-typeorm-tuned',
    title: 'NestJS + TypeORM, tuned',
    folder: join(root, 'nest-typeorm-tuned'),
    command: ['node', 'dist/main.js'],
    ...page,
  },
  {
    name: 'express-prisma',
    title: 'Express + Prisma',
    folder: join(root, 'express-prisma'),
    command: ['node', 'src/main.ts'],
    ...page,
  },
  {
    name: 'express-sequelize',
    title: 'Express + Sequelize',
    folder: join(root, 'express-sequelize'),
    command: ['node', 'src/main.ts'],
    ...page,
  },
  {
    name: 'platformatic-db',
    title: 'Platformatic DB',
    folder: join(root, 'platformatic-db'),
    command: ['node', 'main.js'],
    path: '/orders/?limit=20&offset=0&orderby.createdAt=desc&orderby.id=desc&totalCount=true',
    rows: (body) => body,
    count: ({ headers }) => Number(headers['x-total-count']),
  },
]

const run = promisify(execFile)
const INSTALL_TIMEOUT_MS = 600_000
const BUILD_TIMEOUT_MS = 120_000

/** Installs the peers' dependencies, unless they are installed, and builds the peers that need it. */
export async function installPeers(log: (line: string) => void): Promise<void> {
  if (isInstalled()) log('the peers are already installed')
  else {
    log('installing the peers with npm ci: about 600 MB in bench/peers/node_modules, about a minute')
    // a silent npm would not report failures either
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=warn']
    await step({ what: 'npm ci', file: 'npm', args, cwd: root, timeoutMs: INSTALL_TIMEOUT_MS })
  }
  for (const folder of ['nest-typeorm', 'nest-typeorm-tuned']) {
    log(`building ${folder}`)
    await build(folder, ['tsc', '-p', '.'])
  }
  log('generating the Prisma client')
  await build('express-prisma', ['prisma', 'generate'], {
    // generate looks for this program and would download it, but does not run it
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    // it would ask its vendor's server for a newer version
    CHECKPOINT_DISABLE: '1',
  })
}

/** npm writes its own copy of the lockfile when the installation is complete. */
function isInstalled(): boolean {
  const installed = join(root, 'node_modules', '.package-lock.json')
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
  )
}

function build(folder: string, [tool = '', ...args]: string[], env: Record<string, string> = {}) {
  return step({
    what: `${tool} in ${folder}`,
    file: process.execPath,
    args: [join(root, 'node_modules', '.bin', tool), ...args],
    cwd: join(root, folder),
    timeoutMs: BUILD_TIMEOUT_MS,
    env,
  })
}

type Step = {
  what: string
  file: string
  args: string[]
  cwd: string
  timeoutMs: number
  env?: Record<string, string>
}

async function step({ what, file, args, cwd, timeoutMs, env }: Step): Promise<void> {
  try {
    await run(file, args, { cwd, timeout: timeoutMs, env: { ...process.env, ...env } })
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      killed,
    } = error as Partial<Record<'stdout' | 'stderr' | 'killed', string>>
    const reason = killed ? `did not finish within ${timeoutMs / 1000} s` : 'failed'
    const output = `${stdout}${stderr}`.trim().slice(-4000)
    throw new Error(`bench/peers: ${what} ${reason}\n${output || error}`, { cause: error })
  }
}
