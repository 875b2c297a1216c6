// Menu on phones, Ctrl+K, large type.

const menu = document.getElementById("menu");
const toggle = document.querySelector("[data-menu-toggle]");
toggle?.addEventListener("click", () => {
  const open = menu?.classList.toggle("is-open") ?? false;
  toggle.setAttribute("aria-expanded", String(open));
  if (open) menu?.querySelector("a")?.focus();
});
document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && menu?.classList.contains("is-open")) {
    menu.classList.remove("is-open");
    toggle?.setAttribute("aria-expanded", "false");
    if (toggle instanceof HTMLElement) toggle.focus();
  }
  if (e.key === "k" && (e.ctrlKey || e.metaKey)) {
    const box = document.querySelector("[data-search]");
    if (box instanceof HTMLElement) { e.preventDefault(); box.focus(); }
  }
});
document.addEventListener("click", (e) => {
  for (const d of document.querySelectorAll("details.usermenu[open]")) {
    if (e.target instanceof Node && !d.contains(e.target)) d.removeAttribute("open");
  }
});

if (localStorage.getItem("fq-large") === "1") document.documentElement.classList.add("large");
for (const b of document.querySelectorAll("[data-theme-toggle]")) {
  b.addEventListener("click", () => {
    const on = document.documentElement.classList.toggle("large");
    localStorage.setItem("fq-large", on ? "1" : "0");
  });
}
