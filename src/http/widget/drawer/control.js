// Calls of the control API.

let token;

export function useToken(given) {
  token = given;
}

// The answer; an error says what is wrong, and whether it `wantsToken`.
export async function control(method, path, fields) {
  const headers = {
    ...(fields ? { "content-type": "application/json" } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const response = await fetch(`/__admin/${path}`, { method, headers, body: fields && JSON.stringify(fields) });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const problem = answer.detail ?? `the control API answers ${response.status}`;
  throw Object.assign(new Error(problem), { wantsToken: response.status === 401 });
}
