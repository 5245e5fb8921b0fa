// Sends multipart uploads to calls that are refused early, and prints how often each status came back.
const [base] = process.argv.slice(2);
const seen = {};

async function upload(method, path, bytes) {
  const form = new FormData();
  form.append("company_key", "0123456789012345678901234567890123456789");
  form.append("file", new Blob([new Uint8Array(bytes)]), "file.bin");
  const status = await fetch(base + path, { method, body: form }).then(
    (response) => response.text().then(() => response.status),
    (error) => `${error.message}: ${error.cause?.code}`,
  );
  seen[status] = (seen[status] ?? 0) + 1;
}

for (let round = 0; round < 50; round++) {
  await upload("POST", "/external-api/result/selfie/", 2_000);
  await upload("POST", "/nothing/here", 2_000);
  await upload("PUT", "/external-api/begin/", 2_000);
  await upload("POST", "/external-api/blacklist/", round < 10 ? 300_000 : 2_000);
}
console.log(JSON.stringify(seen));
