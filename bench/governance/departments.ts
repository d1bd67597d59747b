import type { Officers } from './officers.js';

/** Departments get their officers, and their systems tokens: as on every registered bus, by their own people. */

/** A program of a department. */
export interface NewSystem {
  id: string;
  department: string;
  may: 'publish' | 'subscribe';
}

/** Departments that are enrolled at the same time. */
const AT_ONCE = 8;

export const administratorOf = (department: string): string => `administrator-of-${department}`;

/** Redeems a code for the first administrator of a department. */
export async function redeem(url: string, officers: Officers, code: string, department: string): Promise<void> {
  const id = administratorOf(department);
  const officer = { id, name: { en: id } };
  const { token } = await officers.call(url, '', 'POST', '/v1/enrolments/redeem', { code, officer });
  officers.tokens[id] = token;
}

/** The competent department lets a department in. */
export async function enrol(url: string, officers: Officers, department: string): Promise<void> {
  const { code } = await officers.call(url, 'reviewer', 'POST', '/v1/enrolments', { party: department });
  await redeem(url, officers, code, department);
}

export interface NewOfficer {
  id: string;
  department: string;
  roles: readonly string[];
}

export async function appoint(url: string, officers: Officers, { id, department, roles }: NewOfficer): Promise<void> {
  const officer = { id, name: { en: id }, roles };
  const { token } = await officers.call(url, administratorOf(department), 'POST', '/v1/officers', officer);
  officers.tokens[id] = token;
}

/** Each department registers its systems, after it was enrolled where it is not yet. Returns tokens by system. */
export async function registerSystems(
  url: string,
  officers: Officers,
  systems: readonly NewSystem[],
): Promise<Record<string, string>> {
  const tokens: Record<string, string> = {};
  const departments = [...new Set(systems.map(({ department }) => department))];
  const next = async (): Promise<void> => {
    for (let department = departments.pop(); department !== undefined; department = departments.pop()) {
      const guard = `guard-of-${department}`;
      if (officers.tokens[administratorOf(department)] === undefined) await enrol(url, officers, department);
      await appoint(url, officers, { id: guard, department, roles: ['security_officer'] });
      for (const { id, may } of systems.filter((one) => one.department === department)) {
        const { token } = await officers.call(url, guard, 'POST', '/v1/systems', { id, name: { en: id }, may: [may] });
        tokens[id] = token;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return tokens;
}
