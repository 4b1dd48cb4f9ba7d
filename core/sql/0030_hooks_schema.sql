CREATE SCHEMA hooks;
COMMENT ON SCHEMA hooks IS 'Webhooks: who is told, what is still to be told, and how each attempt went';
