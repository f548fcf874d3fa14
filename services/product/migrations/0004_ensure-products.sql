-- Up Migration
-- Makes the row of a product that another catalogue has and this one lacks: the one way for other services to do that. A
-- row that exists stays as it is: orders keep names and prices themselves.
--
-- As the owner: no other service may read or write products.
CREATE FUNCTION ensure_product(new_id uuid, new_name text, new_unit_amount integer, new_currency text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO public.products (id, name, unit_amount, currency)
  VALUES (new_id, new_name, new_unit_amount, new_currency)
  ON CONFLICT (id) DO NOTHING;
$$;
REVOKE EXECUTE ON FUNCTION ensure_product(uuid, text, integer, text) FROM PUBLIC;

-- Down Migration
DROP FUNCTION ensure_product(uuid, text, integer, text);
