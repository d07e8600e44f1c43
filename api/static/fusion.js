// The buttons of a link: post the decision, say what came of it. Where writers have tokens, ask for
// one and keep it until the tab is closed.
const told = document.getElementById("told");

async function decide(row, button) {
  const headers = { "Content-Type": "application/json" };
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  const said = { table: told.dataset.table, row: row.dataset.row, decision: button.value };
  if (button.dataset.code) said.code = button.dataset.code;
  const answer = await fetch(told.dataset.links, { method: "POST", headers, body: JSON.stringify(said) });
  const body = await answer.json();
  if (answer.status === 401) {
    const given = prompt(told.dataset.token);
    sessionStorage.setItem("token", given ?? "");
    if (given) return decide(row, button);
  }
  told.textContent = answer.ok ? `${body.row}: ${body.state} ${body.code ?? body.reason}` : body.detail;
  if (answer.ok || answer.status === 409) row.querySelectorAll("button").forEach((b) => b.remove());
}

document.addEventListener("click", ({ target }) => {
  const row = target.closest("[data-row]");
  if (row && target.matches("button")) decide(row, target).catch((error) => { told.textContent = error; });
});
