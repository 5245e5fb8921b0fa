// Starts a mock and controls it; each test has its own company.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts the binary on a free port. It prints its first line when it is ready. */
export async function startMock(...options) {
  const program = process.env.IDENTOMAT_MOCK ?? 'identomat-mock';
  const settings = ['--port', '0', '--any-company-key', '--log-format', 'json', '--log-level', 'error'];
  const child = spawn(program, [...settings, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url } = JSON.parse(line);

  /** Calls the control API: with POST if there is a body. */
  async function admin(path, body) {
    const post = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${url}/__admin/${path}`, body && post);
    const answer = response.status === 204 ? null : await response.json();
    if (!response.ok) throw new Error(answer.detail);
    return answer;
  }

  const newCompany = () => ({ url, company_key: `test-${randomUUID()}` });
  const stop = async () => {
    child.kill();
    await once(child, 'exit');
  };
  return { url, admin, newCompany, stop };
}
