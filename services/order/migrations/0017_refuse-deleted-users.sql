-- Up Migration
-- A deleted user places no more orders, however long the identity provider still gives out tokens.
CREATE OR REPLACE FUNCTION known_users(ids uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT id FROM public.users WHERE id = ANY (ids) AND deleted_at IS NULL
$$;

-- Down Migration
CREATE OR REPLACE FUNCTION known_users(ids uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT id FROM public.users WHERE id = ANY (ids)
$$;
