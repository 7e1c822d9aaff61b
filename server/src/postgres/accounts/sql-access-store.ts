import type { AccessEdits, AccessStore } from '../../store/access-store.js';
import * as apps from './apps.js';
import * as audit from '../audit.js';
import * as dictionaries from './dictionaries.js';
import type { Driver } from '../driver.js';
import * as guesses from './guesses.js';
import * as keys from './keys.js';
import * as members from './members.js';
import * as people from './people.js';
import * as signIn from './sign-in.js';
import * as views from './views.js';

type Db = Driver['db'];

export function sqlAccessStore(db: Db): AccessStore {
  return {
    listApps: (userId) => apps.listApps(db, userId),
    appExists: (id) => apps.appExists(db, id),

    listKeys: (app) => keys.listKeys(db, app),
    findKey: (hash) => keys.findKey(db, hash),
    touchKey: (id) => keys.touchKey(db, id),

    hasAdministrator: () => people.hasAdministrator(db),
    setupNonce: () => people.setupNonce(db),
    listUsers: (filter) => people.listUsers(db, filter),
    findUser: (email) => people.findUser(db, email),
    readAccess: (userId, app) => people.readAccess(db, userId, app),
    findClerkUser: (clerkId) => signIn.findClerkUser(db, clerkId),
    hasLink: (identifier) => signIn.hasLink(db, identifier),

    listMembers: (app) => members.listMembers(db, app),
    listInvitations: (app) => members.listInvitations(db, app),
    findInvitation: (tokenHash) => members.findInvitation(db, tokenHash),

    listViews: (app, userId) => views.listViews(db, app, userId),
    readDictionary: (app) => dictionaries.readDictionary(db, app),

    countGuesses: (names, windowMs) => guesses.countGuesses(db, names, windowMs),
    forgiveGuesses: (names) => guesses.forgiveGuesses(db, names),
    knownPlaces: (names) => guesses.knownPlaces(db, names),
    rememberPlaces: (names, lifeMs) => guesses.rememberPlaces(db, names, lifeMs),

    appendAudit: (entry) => audit.appendAudit(db, entry),
    listAudit: (filter) => audit.listAudit(db, filter),
  };
}

export function sqlAccessEdits(tx: Db): AccessEdits {
  return {
    initialize: (app, key) => apps.initialize(tx, app, key),
    createApp: (id, name) => apps.createApp(tx, id, name),
    changeApp: (id, change) => apps.changeApp(tx, id, change),

    createKey: (key) => keys.insertKey(tx, key),
    revokeKey: (app, id) => keys.revokeKey(tx, app, id),
    rotateKey: (rotation) => keys.rotateKey(tx, rotation),

    claimSetup: (nonce, user) => people.claimSetup(tx, nonce, user),
    claimSetupAs: (nonce, userId) => people.claimSetupAs(tx, nonce, userId),
    createUser: (user) => people.insertUser(tx, user),
    renameUser: (id, name) => people.renameUser(tx, id, name),
    async setAdministrator(id, isAdministrator) {
      const user = await people.setAdministrator(tx, id, isAdministrator);
      await members.voidInvitations(tx, id);
      return user;
    },
    async removeUser(id) {
      const user = await people.removeUser(tx, id);
      if (user !== 'unknown' && user !== 'last') await signIn.deleteLinks(tx, user.id);
      return user;
    },
    setPassword: (userId, passwordHash) => signIn.setPassword(tx, userId, passwordHash),
    createSession: (session) => signIn.createSession(tx, session),
    saveClerkUser: (clerkId, email, name) => signIn.saveClerkUser(tx, clerkId, email, name),
    deleteClerkUser: (clerkId) => signIn.deleteClerkUser(tx, clerkId),
    createLink: (identifier, userId, expiresAt) =>
      signIn.createLink(tx, identifier, userId, expiresAt),
    useLink: (identifier) => signIn.useLink(tx, identifier),

    changeMember: (app, userId, role) => members.changeMember(tx, app, userId, role),
    removeMember: (app, userId) => members.removeMember(tx, app, userId),
    saveView: (view) => views.saveView(tx, view),
    findView: (app, userId, id) => views.findView(tx, app, userId, id),
    renameView: (app, id, name) => views.renameView(tx, app, id, name),
    removeView: (app, id) => views.removeView(tx, app, id),
    putDictionary: (app, dictionary, revision) =>
      dictionaries.putDictionary(tx, app, dictionary, revision),

    createInvitation: (invitation) => members.createInvitation(tx, invitation),
    revokeInvitation: (app, id) => members.revokeInvitation(tx, app, id),
    acceptInvitation: (tokenHash, who) => members.acceptInvitation(tx, tokenHash, who),
  };
}
