// Run by npm scripts before a program in TypeScript: an older Node would end in ERR_UNKNOWN_FILE_EXTENSION or "bad
// option" instead. In syntax and modules that any Node understands.
const { existsSync, readFileSync } = require('node:fs')
const { delimiter, join } = require('node:path')

const { npm_package_engines_node: engines, npm_config_local_prefix: prefix } = process.env
const required = Number.parseInt(String(engines).replace(/\D+/, ''), 10) || 24
const root = prefix || process.cwd()

if (Number.parseInt(process.versions.node, 10) < required) {
  console.error(explain())
  process.exit(1)
}

function explain() {
  const installed = join(root, 'node_modules', '.bin', 'node')
  const nvmrc = join(root, '.nvmrc')
  const version = existsSync(nvmrc) ? readFileSync(nvmrc, 'utf8').trim() : String(required)
  const lines = [
    `Node.js ${required} or later is required; this is ${process.versions.node} (${process.execPath}).`,
  ]
  if (root.includes(delimiter))
    lines.push(
      `The path of this folder contains "${delimiter}", which separates the entries of PATH, so npm cannot find the`,
      `Node.js in its node_modules: move it to a path without "${delimiter}", or`,
    )
  else if (!existsSync(installed))
    lines.push(
      'On Linux, npm installs one with the dependencies, unless it is told to omit optional ones:',
      'run "npm ci" without --omit=optional, or',
    )
  else lines.push(`npm has installed one: put ${join(root, 'node_modules', '.bin')} first in PATH, or`)
  lines.push(`install Node.js ${version} (.nvmrc names it: "nvm install" reads that), and try again.`)
  return lines.join('\n')
}
