-- Who is logged in sees the calls of his company, whatever he asks. The owner, as whom Harmony works, is exempt.
ALTER TABLE calls.call ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.leg ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.segment ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.party ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.search ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.alias ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.fold_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls.fold_leg ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_company ON calls.call FOR SELECT USING (tenant = (SELECT auth.company()));
CREATE POLICY own_company ON calls.leg FOR SELECT USING (call_id IN (SELECT c.call_id FROM calls.call c));
CREATE POLICY own_company ON calls.segment FOR SELECT USING (call_id IN (SELECT c.call_id FROM calls.call c));
CREATE POLICY own_company ON calls.offer FOR SELECT USING (call_id IN (SELECT c.call_id FROM calls.call c));
CREATE POLICY own_company ON calls.transfer FOR SELECT USING (call_id IN (SELECT c.call_id FROM calls.call c));
CREATE POLICY own_company ON calls.party FOR SELECT USING (call_id IN (SELECT c.call_id FROM calls.call c));
SELECT auth.let_analysts_read('calls.call');
