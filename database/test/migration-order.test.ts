import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { migrateDown, migrateUp } from '../src/migrations.ts'
import { type Service, services } from '../src/services.ts'
import { openScratch, query, type Scratch } from './scratch.ts'

const [user, product, order, relay] = services as [Service, Service, Service, Service]

let scratch: Scratch

before(async () => {
  scratch = await openScratch()
})
after(() => scratch.close())

/** Returns the service with one more migration. */
function withMigration(t: TestContext, service: Service, name: string): Service {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(service.folder, folder, { recursive: true })
  writeFileSync(
    join(folder, 'migrations', `${name}.sql`),
    `-- Up Migration\nCREATE TABLE later ();\n\n-- Down Migration\nDROP TABLE later;\n`,
  )
  return { ...service, folder }
}

for (const [before, between] of [
  ['Pacific/Kiritimati', 'Pacific/Pago_Pago'], // 25 hours apart
  ['Pacific/Pago_Pago', 'Pacific/Kiritimati'],
] as const) {
  test(`down takes back the last migration although the time zone changed from ${before} to ${between}`, async (t) => {
    const database = await scratch.createDatabase()
    const databaseUrl = database.url
    const zone = (name: string) =>
      scratch.admin.query(`ALTER DATABASE ${database.name} SET TimeZone = '${name}'`)

    await zone(before)
    const all = await migrateUp({ databaseUrl })
    await zone(between)
    const later = withMigration(t, user, '9999_later')
    await migrateUp({ databaseUrl, services: [later, product, order, relay] })

    const down = () => migrateDown({ databaseUrl, services: [later, product, order, relay] })
    assert.deepEqual(await down(), ['user/9999_later'])
    assert.deepEqual(await down(), [all.at(-1)])
    assert.deepEqual(await down(), [all.at(-2)])
  })
}

test('down takes back the last service although the time zone changed after the first', async () => {
  const database = await scratch.createDatabase()
  const databaseUrl = database.url
  await scratch.admin.query(`ALTER DATABASE ${database.name} SET TimeZone = 'Pacific/Kiritimati'`)
  await migrateUp({ databaseUrl, services: [user] })
  await scratch.admin.query(`ALTER DATABASE ${database.name} SET TimeZone = 'Pacific/Pago_Pago'`)
  const all = await migrateUp({ databaseUrl })
  assert.match(all.at(-1) ?? '', /^relay\//)
  assert.deepEqual(await migrateDown({ databaseUrl }), [all.at(-1)])
})

/** Turns the record into the one that node-pg-migrate left, with times in different time zones. */
async function makeLegacyRecord(databaseUrl: string) {
  for (const [n, { name }] of services.entries()) {
    const hour = 12 - n
    await query(
      databaseUrl,
      `ALTER TABLE ${name}_migrations DROP COLUMN position;
       UPDATE ${name}_migrations SET run_on = '2026-01-01 ${hour}:00'`,
    )
  }
  await query(databaseUrl, 'DROP SEQUENCE migrations_position_seq')
}

test('migrations without a recorded position are ordered by service and file name', async (t) => {
  const { url: databaseUrl } = await scratch.createDatabase()
  const all = await migrateUp({ databaseUrl })
  await makeLegacyRecord(databaseUrl)
  // moves the first row to the end of the table's file
  await query(databaseUrl, `UPDATE order_migrations SET run_on = now() WHERE name LIKE '0001%'`)

  const later = withMigration(t, product, '9999_later')
  const target = { databaseUrl, services: [user, later, order, relay] }
  assert.deepEqual(await migrateUp(target), ['product/9999_later'])
  const undone: string[] = []
  for (let i = 0; i <= all.length; i++) undone.push(...(await migrateDown(target)))
  assert.deepEqual(undone, ['product/9999_later', ...all.toReversed()])
})

test('a new file that precedes an applied one is refused', async (t) => {
  const { url: databaseUrl } = await scratch.createDatabase()
  await migrateUp({ databaseUrl })
  const skipped = withMigration(t, user, '0001_earlier-than-applied')
  // sorts before 0002, after 0001_create-users
  await assert.rejects(
    migrateUp({ databaseUrl, services: [skipped] }),
    /user\/0001_earlier-than-applied is not applied, but user\/\S+, which follows it, is/,
  )
})

test('up leaves a database with later migrations alone, and down names the missing file', async (t) => {
  const { url: databaseUrl } = await scratch.createDatabase()
  await migrateUp({ databaseUrl, services: [withMigration(t, user, '9999_later')] })
  assert.deepEqual(await migrateUp({ databaseUrl, services: [user] }), [])
  await assert.rejects(
    migrateDown({ databaseUrl, services: [user] }),
    /user\/9999_later is applied, but this version has no such file/,
  )
})

test('each migration is a separate transaction', async () => {
  const { url } = await scratch.createDatabase()
  const applied = await migrateUp({ databaseUrl: url, services: [user] })
  const [row] = await query(
    url,
    'SELECT count(DISTINCT xmin::text)::int AS transactions FROM user_migrations',
  )
  assert.deepEqual(row, { transactions: applied.length })
})
