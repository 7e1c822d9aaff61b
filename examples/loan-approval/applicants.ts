import { clamp, type Random } from '../random.js';

/** An application form. Money is in euros. */
export interface Application {
  applicantId: string;
  name: string;
  birthYear: number;
  region: string;
  employment: 'employed' | 'self_employed' | 'retired' | 'student';
  employedMonths: number;
  monthlyIncome: number;
  monthlyRent: number;
  amount: number;
  termMonths: number;
  purpose: string;
}

/** The credit bureau's answer about an applicant. */
export interface CreditFile {
  /** The score, from 300 to 850. */
  score: number;
  openAccounts: number;
  /** The used share of the granted credit lines, from 0 to 1. */
  utilization: number;
  latePayments24m: number;
  monthlyDebtPayments: number;
}

const GIVEN = [
  'Ada',
  'Amara',
  'Bruno',
  'Chiara',
  'Daniel',
  'Elif',
  'Farah',
  'Hugo',
  'Ines',
] as const;
const MORE = [
  'Jonas',
  'Kavya',
  'Lukas',
  'Mei',
  'Nadia',
  'Oscar',
  'Priya',
  'Rosa',
  'Tomás',
] as const;
const FAMILY = ['Andersen', 'Bauer', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'García'] as const;
const FAMILIES = ['Haddad', 'Iyer', 'Kowalska', 'Lindqvist', 'Moreau', 'Novák', 'Okafor'] as const;
const REGIONS = ['north', 'south', 'east', 'west', 'capital'] as const;
const PURPOSES = ['car', 'kitchen', 'debt consolidation', 'wedding', 'solar panels'] as const;
const TERMS = [24, 36, 48, 60, 72] as const;

/** The next application. Incomes are log-normal, and the requested amount roughly follows the income. */
export function nextApplication(random: Random, number: number): Application {
  const given = random.chance(0.5) ? random.pick(GIVEN) : random.pick(MORE);
  const family = random.chance(0.5) ? random.pick(FAMILY) : random.pick(FAMILIES);
  const birthYear = random.whole(1950, 2004);
  const employment =
    birthYear < 1960
      ? 'retired'
      : birthYear > 2000 && random.chance(0.4)
        ? 'student'
        : random.chance(0.15)
          ? 'self_employed'
          : 'employed';
  const typical = { employed: 3_100, self_employed: 3_400, retired: 1_900, student: 900 }[
    employment
  ];
  const monthlyIncome = Math.round(typical * Math.exp(random.normal(0, 0.35)));
  return {
    applicantId: String(8_000 + number),
    name: `${given} ${family}`,
    birthYear,
    region: random.pick(REGIONS),
    employment,
    employedMonths: employment === 'student' ? random.whole(0, 8) : random.whole(2, 180),
    monthlyIncome,
    monthlyRent: Math.round(monthlyIncome * clamp(random.normal(0.22, 0.08), 0, 0.5)),
    amount: Math.round(clamp(monthlyIncome * random.normal(4, 2), 1_000, 60_000) / 100) * 100,
    termMonths: random.pick(TERMS),
    purpose: random.pick(PURPOSES),
  };
}

/** The bureau's answer: late payments and full credit lines cost points, long employment adds some. */
export function creditFileOf(application: Application, random: Random): CreditFile {
  const latePayments24m = random.chance(0.7) ? 0 : random.whole(1, 5);
  const utilization = Math.round(clamp(random.normal(0.35, 0.25), 0, 1) * 100) / 100;
  const openAccounts = random.whole(1, 9);
  const score =
    705 +
    Math.min(60, application.employedMonths / 2) -
    latePayments24m * 34 -
    Math.max(0, utilization - 0.3) * 140 -
    (openAccounts > 6 ? 20 : 0) +
    random.normal(0, 28);
  return {
    score: Math.round(clamp(score, 300, 850)),
    openAccounts,
    utilization,
    latePayments24m,
    monthlyDebtPayments: Math.round(application.monthlyIncome * utilization * 0.18),
  };
}
