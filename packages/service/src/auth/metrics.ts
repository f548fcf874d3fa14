import { Counter, Gauge, type Registry } from 'prom-client'

/** Returns a function that gives what an issuer's key set reports to: `onLoad` and `onFailure`. */
export function createKeySetMetrics(registry: Registry) {
  const loads = new Counter({
    name: 'auth_key_set_loads_total',
    help: "Attempts to load an issuer's keys, by what came of them",
    labelNames: ['issuer', 'result'] as const,
    registers: [registry],
  })
  const loadedAt = new Map<string, number>()
  new Gauge({
    name: 'auth_key_set_age_seconds',
    help: "Time since an issuer's keys were loaded; since the start of the process before the first time. They are loaded when tokens come",
    labelNames: ['issuer'] as const,
    registers: [registry],
    collect() {
      for (const [issuer, at] of loadedAt) this.set({ issuer }, (performance.now() - at) / 1000)
    },
  })
  return (issuer: string) => {
    loadedAt.set(issuer, 0)
    for (const result of ['loaded', 'failed']) loads.inc({ issuer, result }, 0)
    return {
      onLoad() {
        loadedAt.set(issuer, performance.now())
        loads.inc({ issuer, result: 'loaded' })
      },
      onFailure: () => loads.inc({ issuer, result: 'failed' }),
    }
  }
}
