import { Gauge, type Registry } from 'prom-client'
import type { Database } from './database.ts'
import type { Pipeline } from './pipeline.ts'

/** Reports the state of connections, which is asked at each scrape: of pools by their names, and of a pipeline. */
export function observeConnections(
  registry: Registry,
  pools: Record<string, Pick<Database, 'pool'>>,
  pipeline?: Pick<Pipeline, 'inFlight'>,
): void {
  const registers = [registry]
  new Gauge({
    name: 'database_pool_connections',
    help: 'Open connections to the database, by pool and by whether a request uses them',
    labelNames: ['pool', 'state'] as const,
    registers,
    collect() {
      for (const [pool, database] of Object.entries(pools)) {
        const { open, idle } = database.pool()
        this.set({ pool, state: 'idle' }, idle)
        this.set({ pool, state: 'used' }, open - idle)
      }
    },
  })
  new Gauge({
    name: 'database_pool_size',
    help: 'Maximum number of connections of a pool',
    labelNames: ['pool'] as const,
    registers,
    collect() {
      for (const [pool, database] of Object.entries(pools)) this.set({ pool }, database.pool().max)
    },
  })
  new Gauge({
    name: 'database_pool_waiting',
    help: 'Requests that wait for a connection of a pool',
    labelNames: ['pool'] as const,
    registers,
    collect() {
      for (const [pool, database] of Object.entries(pools)) this.set({ pool }, database.pool().waiting)
    },
  })
  if (!pipeline) return
  new Gauge({
    name: 'database_pipeline_in_flight',
    help: 'Queries on the pipelined connection that have no answer yet',
    registers,
    collect() {
      this.set(pipeline.inFlight())
    },
  })
}
