/**
 * Run by `npm version`: sets the root's version in every workspace, in their dependencies on one another, and in the contract,
 * of which it keeps a copy as the released one.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, globSync, readFileSync, writeFileSync } from 'node:fs'

const { version, workspaces } = JSON.parse(readFileSync('package.json', 'utf8'))
if (!readFileSync('CHANGELOG.md', 'utf8').includes(`\n## [${version}] - `))
  throw new Error(`CHANGELOG.md has no section [${version}] with a date`)

const manifests = globSync(workspaces.map((folder: string) => `${folder}/package.json`))
for (const file of manifests) {
  const manifest = readFileSync(file, 'utf8')
    .replace(/^( {2}"version": )".*"/m, `$1"${version}"`)
    .replace(/("@shop\/[\w-]+": )"\d.*"/g, `$1"${version}"`)
  writeFileSync(file, manifest)
}
execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
  stdio: 'inherit',
})
execFileSync('npm', ['run', 'contract:write'], { stdio: 'inherit' })
copyFileSync('docs/openapi.json', 'docs/openapi-released.json')
execFileSync('git', [
  'add',
  'package-lock.json',
  'docs/openapi.json',
  'docs/openapi-released.json',
  ...manifests,
])
