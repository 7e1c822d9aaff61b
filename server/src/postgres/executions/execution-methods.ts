import { startIndexJob } from '../search/index-job.js';
import { readCase, readLinked, listLinksTo } from './cases.js';
import { readChanges } from './changes.js';
import { openCohorts } from './cohorts.js';
import { countScopeOf } from './conditions.js';
import { countByTime, countFacets, listReleases } from './counts.js';
import { openSample } from './drawn-bodies.js';
import type { Driver } from '../driver.js';
import type { Engine } from './engine.js';
import { countErasable, eraseBatch, vacuum } from './erasure.js';
import type { ExecutionStore } from '../../store/execution-store.js';
import { readExecution } from '../rows.js';
import { findRow } from './export-rows.js';
import { exportExecutions } from './exports.js';
import { countByGroup, listKeyed } from './fairness.js';
import { readFlow } from './flows.js';
import { countRoles, readCandidateHistory, readSubjectHistory } from './histories.js';
import { listExecutions } from './list.js';
import { suggest } from './names.js';
import { countFound } from './narrow.js';
import { listPipelines, readOverTime } from './pipelines.js';
import { writeTimePlace } from '../places.js';
import { countByAge } from '../accounts/retention.js';
import { rebuild } from './rewrite-derived.js';
import { readRules } from './rules.js';
import { readTombstone } from '../tombstones.js';
import { joinSpans, readSpans } from './trace-spans.js';

/** All that needs no care for outages and full disks. */
type Methods = Omit<
  ExecutionStore,
  'kind' | 'limits' | 'migrate' | 'ping' | 'close' | 'saveExecutions'
>;

export function executionMethods(driver: Driver, engine: Engine): Methods {
  const { db, index } = engine;
  return {
    startJobs: (deps) => startIndexJob({ ...deps, store: { index } }),
    joinSpans: (trace, records) => joinSpans(db, trace, records),

    readExecution: (app, executionId) => readExecution(db, app, executionId),
    readSpans: (app, executionId) => readSpans(db, app, executionId),
    listLinksTo: (app, executionId, limit) => listLinksTo(db, app, executionId, limit),
    readLinked: (app, executionId) => readLinked(engine, app, executionId),
    readTombstone: (app, executionId) => readTombstone(db, app, executionId),

    listExecutions: (question) => listExecutions(engine, question),
    readChanges: (question) => readChanges(engine, question),
    async findPlace(app, executionId) {
      const row = await findRow(db, app, executionId);
      return row && writeTimePlace(row);
    },
    exportExecutions: (question) => exportExecutions(engine, question),

    countFacets: (question) => countFound(engine, question, (scope) => countFacets(db, scope)),
    countByTime: (question) => countFound(engine, question, (scope) => countByTime(db, scope)),
    listReleases: (question) => countFound(engine, question, (scope) => listReleases(db, scope)),
    listPipelines: (range) => listPipelines(db, range),

    readOverTime: (question) => readOverTime(db, countScopeOf(question)),
    readFlow: (question) => readFlow(db, countScopeOf(question)),
    readRules: (question) => readRules(db, countScopeOf(question)),
    openSample: (question) => openSample(engine, question),
    openCohorts: (pair) => openCohorts(engine, pair),
    countByGroup: (question) => countByGroup(db, question),
    listKeyed: (question) => listKeyed(db, question),

    readCandidateHistory: (question) => readCandidateHistory(engine, question),
    readSubjectHistory: (question) => readSubjectHistory(engine, question),
    readCase: (question) => readCase(engine, question),
    countRoles: (range, id) => countRoles(engine, range, id),
    suggest: (app, wanted) => suggest(engine, app, wanted),

    countByAge: (app, now) => countByAge(db, app, now),
    countErasable: (scope) => countErasable(db, scope),
    eraseBatch: (scope, after, options) => eraseBatch(driver, scope, after, options),
    rebuild: (after, read) => rebuild(engine, after, read),
    tidy: () => vacuum(driver),
  };
}
