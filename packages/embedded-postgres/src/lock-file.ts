import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import type { Cluster } from './cluster.ts'

const lockPath = (cluster: Cluster) => join(cluster.data, 'postmaster.pid')

/**
 * Returns the lines of postmaster.pid: process id, data folder, start time, port, … It exists while a server
 * runs.
 */
export async function readLockFile(cluster: Cluster): Promise<string[] | undefined> {
  const text = await readFile(lockPath(cluster), 'utf8').catch(() => undefined)
  return text?.split('\n')
}

/**
 * Returns an explanation if the lock file names a process that is certainly not a server of this cluster, as
 * after a reboot: PostgreSQL only checks that the process exists, and refuses to start. Undefined when in
 * doubt. The file is not removed here, because it may belong to a server in another container, where the id
 * means another process.
 */
export async function explainStaleLock(cluster: Cluster): Promise<string | undefined> {
  const pid = Number((await readLockFile(cluster))?.[0])
  if (!pid) return undefined
  const program = await programOf(pid)
  // every process of a server works in its data folder, whatever its program is called
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  if (!program || folder === cluster.data) return undefined
  const isServer = ['postgres', 'postmaster'].includes(program)
  if (isServer && folder === undefined) return undefined
  return (
    `${lockPath(cluster)} says that the server is process ${pid}, but that is ${isServer ? `the server of ${folder}` : `${program}, not PostgreSQL`}: ` +
    'a server that was killed has left the file behind, and PostgreSQL does not start while it is there. ' +
    'If no other machine or container uses the folder, remove the file and start again:\n' +
    `  rm '${lockPath(cluster)}'`
  )
}

/**
 * Returns the name of a process's program. Undefined if there is no such process or its program is not
 * visible.
 */
async function programOf(pid: number): Promise<string | undefined> {
  try {
    const path =
      process.platform === 'linux'
        ? await readlink(`/proc/${pid}/exe`)
        : (await promisify(execFile)('ps', ['-p', String(pid), '-o', 'comm='])).stdout
    // Linux marks a program whose file has been replaced
    return basename(path.trim().replace(/ \(deleted\)$/, '')) || undefined
  } catch {
    return undefined
  }
}
