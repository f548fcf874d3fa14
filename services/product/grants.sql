-- What the role of the product service may do. Run after its migrations, and when the roles are made.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM product_service;

GRANT SELECT, INSERT, UPDATE ON products TO product_service;
GRANT SELECT ON product_migrations TO product_service;
