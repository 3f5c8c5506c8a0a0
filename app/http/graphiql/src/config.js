const { endpoint, demoKey } = JSON.parse(document.getElementById("config").textContent);

export { endpoint };

export const isDemo = demoKey !== null;

export const defaultHeaders = isDemo
  ? JSON.stringify({ Authorization: `Bearer ${demoKey}` }, null, 2)
  : '// Put your API key here:\n// {"Authorization": "Bearer <API key>"}\n';
