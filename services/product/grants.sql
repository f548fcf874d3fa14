-- What the role of the product service may do. Run after its migrations and when the roles are created.
-- By hand: psql -v role=product_service -f grants.sql
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";

GRANT SELECT, INSERT, UPDATE ON products TO :"role";
GRANT SELECT ON product_migrations TO :"role";
