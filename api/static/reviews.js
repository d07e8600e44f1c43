// The two buttons of a review: post the decision, say what came of it. Where writers have tokens,
// ask for one and keep it until the tab is closed.
const told = document.getElementById("told");

async function decide(row, decision) {
  const headers = { "Content-Type": "application/json" };
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = JSON.stringify({ decision });
  const answer = await fetch(row.dataset.review, { method: "POST", headers, body });
  const said = await answer.json();
  if (answer.status === 401) {
    const given = prompt(told.dataset.token);
    sessionStorage.setItem("token", given ?? "");
    if (given) return decide(row, decision);
  }
  told.textContent = answer.ok ? `${said.source_id}: ${said.status} ${said.code ?? said.reason}` : said.detail;
  if (answer.ok || answer.status === 409) row.querySelectorAll("button").forEach((b) => b.remove());
}

document.addEventListener("click", ({ target }) => {
  const row = target.closest("[data-review]");
  if (row && target.matches("button")) decide(row, target.value).catch((error) => { told.textContent = error; });
});
