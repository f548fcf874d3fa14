import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts a process's time in hundredths of a second (USER_HZ, the same on all of its platforms). */
const MICROSECONDS_PER_TICK = 10_000

/** Returns the CPU time that a process has used, in microseconds. Undefined where there is no /proc. */
export function cpuTime(pid: number): number | undefined {
  const stat = readStat(pid)
  return stat && (stat.own + stat.children) * MICROSECONDS_PER_TICK
}

/** Returns the same for a process and its children, including those that have ended. */
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

/** Returns a process's resident memory (VmRSS) and its peak (VmHWM), in MiB. */
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

/** Reads /proc/<pid>/stat, see proc_pid_stat(5). The program's name, in brackets, may contain anything. */
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
