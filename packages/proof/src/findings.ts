import type { Finding, Problem, Remark } from './report.js';

/** A forged export may have a problem on each of a billion lines. */
const MAX_LISTED = 1000;

export class Findings {
  readonly problems: Finding[] = [];
  moreProblems = 0;
  readonly remarks: Remark[] = [];
  moreRemarks = 0;

  add(problem: Problem, about: Omit<Finding, 'problem'>): void {
    if (this.problems.length < MAX_LISTED) this.problems.push({ problem, ...about });
    else this.moreProblems += 1;
  }

  remark(remark: Remark): void {
    if (this.remarks.length < MAX_LISTED) this.remarks.push(remark);
    else this.moreRemarks += 1;
  }

  get count(): number {
    return this.problems.length + this.moreProblems;
  }
}
