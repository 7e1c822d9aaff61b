-- A limited key must not change stored data outside its limits, and an invitation ends with its maker's right.

-- The environments that the sender of the stored flush may write; null means any. A key that may also write
-- another environment can replace the flush with one of that environment, whatever the revisions are.
ALTER TABLE xray.executions ADD COLUMN sender_environments text[];

-- The user who made the invitation; null for the command line. `invited_by` is the displayed name.
ALTER TABLE xray.invitations ADD COLUMN inviter uuid REFERENCES xray.users ON DELETE CASCADE;
CREATE INDEX invitations_inviter ON xray.invitations (inviter);
UPDATE xray.invitations SET inviter = users.id FROM xray.users
  WHERE lower(users.email) = lower(invitations.invited_by);
-- The account of the person who made these invitations was deleted.
DELETE FROM xray.invitations
  WHERE accepted_at IS NULL AND inviter IS NULL AND invited_by <> 'command line';
