import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts a process's time in hundredths of a second (USER_HZ, the same on all of its platforms). */
const MICROSECONDS_PER_TICK = 10_000

/** CPU time that a process has used, in microseconds. Undefined where there is no /proc. */
export function cpuTime(pid: number): number | undefined {
  const stat = readStat(pid)
  return stat && (stat.own + stat.children) * MICROSECONDS_PER_TICK
}

/** The same of a process and its children, those that have ended among them. */
export function cpuTimeOfFamily(pid: number): number | undefined {
  const parent = cpuTime(pid)
  if (parent === undefined) return undefined
  return pids()
    .map(readStat)
    .filter((stat) => stat?.parent === pid)
    .reduce((sum, stat) => sum + (stat?.own ?? 0) * MICROSECONDS_PER_TICK, parent)
}

export function parentOf(pid: number): number | undefined {
  return readStat(pid)?.parent
}

/** Memory that a process holds (VmRSS) and the most that it ever held (VmHWM), in MB of 2^20 bytes. */
export function memory(pid: number): { now: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
    return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
  } catch {
    return undefined
  }
}

const pids = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Of /proc/<pid>/stat, see proc_pid_stat(5); the name of the program, in brackets, may hold anything. */
function readStat(pid: number): { parent: number; own: number; children: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15)
    return { parent: fields[1] ?? 0, own: utime + stime, children: cutime + cstime }
  } catch {
    // it has ended, or this is not Linux
    return undefined
  }
}
