import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildPackage } from './build-package.ts'

const root = join(import.meta.dirname, '../../..')

/**
 * Builds and packs the package and what it depends on, and installs the tarballs into a new project in `folder`
 * as others do, but without the network. Returns the project's folder.
 */
export async function installPackage(folder: string): Promise<string> {
  const [built, tarballs, project] = ['built', 'tarballs', 'project'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await buildPackage(built)
  await mkdir(tarballs)
  await mkdir(project)
  const packages = [built, ...dependencies.map((name) => join(root, 'node_modules', name))]
  await npm(folder, 'pack', '--ignore-scripts', '--pack-destination', tarballs, ...packages)
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  const files = (await readdir(tarballs)).map((name) => join(tarballs, name))
  await npm(project, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...files)
  return project
}

/** What a project gets with the package. */
const dependencies = ['openapi-fetch', 'openapi-typescript-helpers']

const npm = (cwd: string, ...argv: string[]) =>
  promisify(execFile)('npm', ['--cache', join(cwd, '.npm'), ...argv], { cwd })
