import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { services } from '@shop/database/services'
import { pages } from '@shop/gateway/pages'

const root = join(import.meta.dirname, '../..')
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')

for (const { name, folder } of services) {
  test(`the image of the ${name} service needs @shop/service and no other workspace`, () => {
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const workspaces = Object.keys(dependencies).filter((dependency) => dependency.startsWith('@shop/'))
    assert.deepEqual(workspaces, ['@shop/service'])

    const files = globSync('src/**/*.ts', { cwd: folder })
    assert.ok(files.length > 5)
    const imported = files.flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/ from '(@shop\/[^/']+)/g),
    ])
    assert.deepEqual([...new Set(imported.map(([, workspace]) => workspace))], ['@shop/service'])
  })

  test(`the migrate image contains the migrations, seeds and grants of the ${name} service`, () => {
    for (const part of ['grants.sql', 'migrations', 'seeds'].filter((part) => existsSync(join(folder, part))))
      assert.match(dockerfile, new RegExp(`^COPY services/${name}/${part} services/${name}/`, 'm'))
  })
}

test('the image of the gateway contains every page that the gateway of npm start serves', () => {
  const [, gateway = ''] = dockerfile.split(/^FROM nginx/m)
  const copied = [...gateway.matchAll(/[\w@./-]+/g)].map(([word]) => word)
  for (const file of Object.values(pages)) {
    const place = relative(root, file)
    const isCopied = copied.some(
      (word) => word === dirname(place) || word.endsWith(`/${place}`) || word === place,
    )
    assert.ok(isCopied, place)
  }
})

test('no image contains a whole top-level folder or a whole workspace', () => {
  assert.doesNotMatch(dockerfile, /^COPY (?:\.|packages|services|database|packages\/\w+|\$\{WORKSPACE\}) /m)
})
