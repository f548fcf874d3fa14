import type { Database } from '@shop/service/database/database'

const header = `-- The schema that results from the migrations, grants.sql and roles.sql, so that a review shows each change.
-- Nothing runs this file: a test compares it with a database. To update it: npm run schema:write
`

/** Returns the schema public and the rights of `roles` as SQL that does not depend on PostgreSQL's version. */
export async function dumpSchema(owner: Database, roles: readonly string[]): Promise<string> {
  const parts: string[] = [header]
  for (const text of [sequencesQuery, tablesQuery, indexesQuery, functionsQuery, triggersQuery]) {
    const rows = await owner.query<{ sql: string }>({ text })
    parts.push(...rows.map(({ sql }) => `${sql.trim()}\n`))
  }
  for (const role of roles) {
    const rows = await owner.query<{ sql: string }>({ text: roleQuery, values: [role] })
    parts.push(`${rows.map(({ sql }) => sql).join('\n')}\n`)
  }
  const everybody = await owner.query<{ sql: string }>({ text: publicQuery })
  parts.push(`-- everyone\n${everybody.map(({ sql }) => sql).join('\n')}\n`)
  return parts.join('\n')
}

const sequencesQuery = `
  SELECT format('CREATE SEQUENCE %I AS %s;', relname, format_type(seqtypid, NULL)) AS sql
  FROM pg_class JOIN pg_sequence ON seqrelid = pg_class.oid
  WHERE relnamespace = 'public'::regnamespace
  ORDER BY relname`

/** Columns in order, then constraints by name. NOT NULL stands at the column: only PostgreSQL 18 has constraints for it. */
const tablesQuery = `
  WITH lines AS (
    SELECT attrelid AS id, attnum::int AS position, '' AS name, concat_ws(' ',
      quote_ident(attname), format_type(atttypid, atttypmod),
      (SELECT format('COLLATE %I', collname) FROM pg_collation
       WHERE pg_collation.oid = attcollation AND attcollation <> typcollation),
      'DEFAULT ' || pg_get_expr(adbin, adrelid),
      CASE WHEN attnotnull THEN 'NOT NULL' END) AS line
    FROM pg_attribute
      JOIN pg_type ON pg_type.oid = atttypid
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT conrelid, 10000, conname, format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
    FROM pg_constraint
    WHERE contype IN ('c', 'f', 'p', 'u', 'x')
  )
  SELECT format(E'CREATE TABLE %I (\\n%s\\n)%s;', relname,
    string_agg('  ' || line, E',\\n' ORDER BY position, name),
    ' WITH (' || array_to_string(reloptions, ', ') || ')') AS sql
  FROM pg_class JOIN lines ON lines.id = pg_class.oid
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
  GROUP BY pg_class.oid
  ORDER BY relname`

const indexesQuery = `
  SELECT pg_get_indexdef(indexrelid) || ';' AS sql
  FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
  WHERE relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
  ORDER BY indexrelid::regclass::text`

const functionsQuery = `
  SELECT pg_get_functiondef(oid) || ';' AS sql
  FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace AND prokind <> 'a'
  ORDER BY oid::regprocedure::text`

const triggersQuery = `
  SELECT pg_get_triggerdef(pg_trigger.oid) || ';' AS sql
  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
  WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
  ORDER BY relname, tgname`

/** A role's settings and the rights granted to it. */
const roleQuery = `
  WITH grants AS (
    SELECT datacl AS acl, 'DATABASE shop' AS object FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT nspacl, 'SCHEMA public' FROM pg_namespace WHERE nspname = 'public'
    UNION ALL SELECT relacl, CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || quote_ident(relname)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT attacl, format('TABLE %I, of its column %I', relname, attname)
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT proacl, 'FUNCTION ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  )
  SELECT sql FROM (
    SELECT 1 AS part, setting AS name, format('ALTER ROLE %I SET %s;', rolname, setting) AS sql
    FROM pg_roles, unnest(rolconfig) AS setting WHERE rolname = $1
    UNION ALL
    SELECT 2, setting, format('ALTER ROLE %I IN DATABASE shop SET %s;', rolname, setting)
    FROM pg_roles JOIN pg_db_role_setting ON setrole = pg_roles.oid, unnest(setconfig) AS setting
    WHERE rolname = $1 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL
    SELECT 3, object, format('GRANT %s ON %s TO %I;', string_agg(privilege_type, ', ' ORDER BY privilege_type), object, $1::text)
    FROM grants, aclexplode(acl) AS granted
    WHERE grantee = (SELECT oid FROM pg_roles WHERE rolname = $1)
    GROUP BY object
  ) AS parts
  ORDER BY part, name`

const publicQuery = `
  SELECT format('GRANT %s ON %s TO PUBLIC;', string_agg(privilege_type, ', ' ORDER BY privilege_type), object) AS sql
  FROM (
    SELECT datacl AS acl, 'DATABASE shop' AS object FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT nspacl, 'SCHEMA public' FROM pg_namespace WHERE nspname = 'public'
    UNION ALL SELECT relacl, 'TABLE ' || quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT coalesce(proacl, acldefault('f', proowner)), 'FUNCTION ' || oid::regprocedure
      FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  ) AS objects, aclexplode(acl) AS granted
  WHERE grantee = 0
  GROUP BY object
  ORDER BY object`
