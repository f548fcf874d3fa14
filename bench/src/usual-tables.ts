import type { Database } from '@shop/service/database/database'

/**
 * The tables of the usual way: those of the service with their columns, checks, indexes and foreign keys, but without its
 * triggers. Guards would refuse an order whose items come in a statement of their own.
 */
const create = `
  DROP TABLE IF EXISTS bench.usual_keys, bench.usual_events, bench.usual_items, bench.usual_orders;
  CREATE TABLE bench.usual_orders (LIKE orders INCLUDING ALL,
    FOREIGN KEY (user_id) REFERENCES users, FOREIGN KEY (product_id) REFERENCES products);
  CREATE TABLE bench.usual_items (LIKE order_items INCLUDING ALL,
    FOREIGN KEY (order_id) REFERENCES bench.usual_orders, FOREIGN KEY (product_id) REFERENCES products);
  CREATE TABLE bench.usual_events (LIKE order_events INCLUDING ALL,
    FOREIGN KEY (order_id) REFERENCES bench.usual_orders);
  CREATE TABLE bench.usual_keys (LIKE idempotency_keys INCLUDING ALL)`

/** Creates the tables of the usual way, empty; `role` may write them. */
export async function createUsualTables(db: Database, role: string): Promise<void> {
  await db.query({ text: create })
  await db.query({ text: `GRANT USAGE ON SCHEMA bench TO ${role}` })
  await db.query({ text: `GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA bench TO ${role}` })
}
