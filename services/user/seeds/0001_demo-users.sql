-- Demo users, all with the password demo-password (each hash has its own salt). Inserts missing users and
-- changes no existing ones. No conflict target: a row whose id or email is taken is left out.
INSERT INTO users (id, email, password_hash, name, role, created_at, updated_at)
SELECT id::uuid, email, password_hash, name, role, now() - interval '13 months', now() - interval '13 months'
FROM (
  VALUES
    ('00000000-0000-7000-8000-0000000000a1', 'alice@example.com', '$argon2id$v=19$m=19456,t=2,p=1$q76xY6w5wOqpLUvTY0cRww$xnz480vFdi5BZiBQYMbvhW2oannlfOJ8oi+ybqNL5+A', 'Alice Example', 'customer'),
    ('00000000-0000-7000-8000-0000000000b0', 'bob@example.com', '$argon2id$v=19$m=19456,t=2,p=1$wf5ZipXMcQJmAmcfj95PFQ$Ro4sGwTkoVjsX47l9C+r+5krErdNTVNt3VkCO4rLqvA', 'Bob Example', 'customer'),
    ('00000000-0000-7000-8000-0000000000c0', 'carol@example.com', '$argon2id$v=19$m=19456,t=2,p=1$gfKRMrrNTAbEPPK4bhaQFg$fnJ3TPVlTzZNZafAieE4y8L3fnyrsobe5Qu2SwsFoj8', 'Carol Example', 'customer'),
    ('00000000-0000-7000-8000-0000000000ad', 'admin@example.com', '$argon2id$v=19$m=19456,t=2,p=1$bPVu/SE8U6TmDlnTS/wxQw$tJgJ3zqJoDcqnRFG35pZqjJshHm/vufdRXb4Bc3W4XI', 'Admin Example', 'admin')
) AS demo (id, email, password_hash, name, role)
ON CONFLICT DO NOTHING;
