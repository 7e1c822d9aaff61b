import type { AccessStore } from './access-store.js';
import * as apps from './apps.js';
import * as audit from './audit.js';
import type { Driver } from './driver.js';
import * as keys from './keys.js';
import * as members from './members.js';
import * as people from './people.js';

export function sqlAccessStore(db: Driver['db']): AccessStore {
  return {
    initialize: (app, key) => apps.initialize(db, app, key),
    listApps: (userId) => apps.listApps(db, userId),
    appExists: (id) => apps.appExists(db, id),
    createApp: (id, name) => apps.createApp(db, id, name),
    changeApp: (id, change) => apps.changeApp(db, id, change),

    createKey: (key) => keys.insertKey(db, key),
    listKeys: (app) => keys.listKeys(db, app),
    revokeKey: (app, id) => keys.revokeKey(db, app, id),
    rotateKey: (rotation) => keys.rotateKey(db, rotation),
    findKey: (hash) => keys.findKey(db, hash),
    touchKey: (id) => keys.touchKey(db, id),

    hasAdministrator: () => people.hasAdministrator(db),
    setupNonce: () => people.setupNonce(db),
    claimSetup: (nonce, user) => people.claimSetup(db, nonce, user),
    claimSetupAs: (nonce, userId) => people.claimSetupAs(db, nonce, userId),
    listUsers: () => people.listUsers(db),
    findUser: (email) => people.findUser(db, email),
    createUser: (user) => people.createUser(db, user),
    renameUser: (id, name) => people.renameUser(db, id, name),
    readAccess: (userId, app) => people.readAccess(db, userId, app),
    setPassword: (userId, passwordHash) => people.setPassword(db, userId, passwordHash),
    findClerkUser: (clerkId) => people.findClerkUser(db, clerkId),
    saveClerkUser: (clerkId, email, name) => people.saveClerkUser(db, clerkId, email, name),
    deleteClerkUser: (clerkId) => people.deleteClerkUser(db, clerkId),
    createLink: (identifier, userId, expiresAt) =>
      people.createLink(db, identifier, userId, expiresAt),
    useLink: (identifier) => people.useLink(db, identifier),

    listMembers: (app) => members.listMembers(db, app),
    changeMember: (app, userId, role) => members.changeMember(db, app, userId, role),
    removeMember: (app, userId) => members.removeMember(db, app, userId),
    createInvitation: (invitation) => members.createInvitation(db, invitation),
    listInvitations: (app) => members.listInvitations(db, app),
    revokeInvitation: (app, id) => members.revokeInvitation(db, app, id),
    findInvitation: (tokenHash) => members.findInvitation(db, tokenHash),
    acceptInvitation: (tokenHash, who) => members.acceptInvitation(db, tokenHash, who),

    appendAudit: (entry) => audit.appendAudit(db, entry),
    listAudit: (filter) => audit.listAudit(db, filter),
  };
}
