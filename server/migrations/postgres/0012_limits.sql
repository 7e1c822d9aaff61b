-- What a grant may do has to hold against what is stored, and for as long as its maker has the right.

-- The environments that the sender of the stored flush may write; null: any. A flush of another environment, by
-- a key that may write both, replaces it whatever their revisions are.
ALTER TABLE xray.executions ADD COLUMN sender_environments text[];

-- The user who made the invitation; null: the command line. `invited_by` stays the name to show.
ALTER TABLE xray.invitations ADD COLUMN inviter uuid REFERENCES xray.users ON DELETE CASCADE;
CREATE INDEX invitations_inviter ON xray.invitations (inviter);
UPDATE xray.invitations SET inviter = users.id FROM xray.users
  WHERE lower(users.email) = lower(invitations.invited_by);
-- Their maker's account is gone.
DELETE FROM xray.invitations
  WHERE accepted_at IS NULL AND inviter IS NULL AND invited_by <> 'command line';
