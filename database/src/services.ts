import { join } from 'node:path'

export type ServiceName = 'user' | 'product' | 'order' | 'relay'

export type Service = {
  name: ServiceName
  /** Holds `migrations/`, `seeds/` and `grants.sql`. */
  folder: string
  /** The services whose tables this one's foreign keys and rights refer to. */
  refersTo: readonly ServiceName[]
}

/**
 * The services that share the database, in the order of their foreign keys, in which migrations and seeds
 * run.
 */
export const services: readonly Service[] = [
  describe('user', []),
  describe('product', []),
  describe('order', ['user', 'product']),
  // it has no foreign keys, but its role reads what the order service writes
  describe('relay', ['user', 'product', 'order']),
]

function describe(name: ServiceName, refersTo: readonly ServiceName[]): Service {
  return { name, folder: join(import.meta.dirname, '../../services', name), refersTo }
}

/** Returns these services and the ones that they refer to, in the order of the list. */
export function withReferences(named: readonly Service[]): Service[] {
  return services.filter(
    (service) => named.includes(service) || named.some(({ refersTo }) => refersTo.includes(service.name)),
  )
}

/** A login role of a service: its name on the server and its password. */
export type Role = { name: string; password: string }

export type Roles = Record<ServiceName, Role>

/** Returns an object with one value for each service. */
export function forEachService<Value>(make: (service: Service) => Value): Record<ServiceName, Value> {
  return Object.fromEntries(services.map((service) => [service.name, make(service)])) as Record<
    ServiceName,
    Value
  >
}

/** Returns the name of a service's role unless a setting gives another. */
export function defaultRoleName({ name }: Pick<Service, 'name'>): string {
  return `${name}_service`
}
