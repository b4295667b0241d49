/* The staff's keys and small comforts. Every page works without it, one click slower. */
"use strict";
(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-row]")];

  const mark = (step) => {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.classList.contains("s-current"));
    const next = Math.max(0, Math.min(all.length - 1, now === -1 ? (step > 0 ? 0 : all.length - 1) : now + step));
    all.forEach((row) => row.classList.remove("s-current"));
    all[next].classList.add("s-current");
    all[next].querySelector("a").focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  };

  // A note that is written before its answer is kept with it: alone it would be refused, in the middle of the next click.
  document.addEventListener("change", (event) => {
    const row = event.target.closest("textarea") && event.target.closest("form.s-asked");
    if (row && !row.querySelector("[name=result]:checked")) event.stopPropagation();
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if ((event.key === "j" || event.key === "k") && rows().length) return mark(event.key === "j" ? 1 : -1);
    if (event.key === "x") return document.querySelector(".s-current [data-select]")?.click();
    const wanted = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === event.key);
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input")) wanted.focus();
    else wanted.click();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();

    const picture = event.target.closest("[data-zooms]");
    if (picture) picture.setAttribute("aria-expanded", picture.classList.toggle("s-zoomed"));

    const filler = event.target.closest("[data-fills] [data-value]");
    if (filler) {
      const field = document.getElementById(filler.closest("[data-fills]").dataset.fills);
      field.value = filler.dataset.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    const tab = event.target.closest("[data-tab]");
    if (tab) {
      event.preventDefault();
      document.querySelector("[data-shows]").dataset.shows = tab.dataset.tab;
      document.querySelectorAll("[data-tab]").forEach((each) => each.removeAttribute("aria-current"));
      tab.setAttribute("aria-current", "true");
      history.replaceState(null, "", tab.href);
    }

    // A reason to be corrected may lie in a folded list.
    const link = event.target.closest('a[href^="#"]');
    const target = link && link.hash.length > 1 && document.getElementById(link.hash.slice(1));
    const part = target && target.closest("[data-shows] > section");
    if (part && !part.offsetParent) document.querySelector(`[data-tab="${part.className.slice(2)}"]`).click();
    const answer = target && target.matches(".s-asked") && (target.querySelector("input:checked") || target.querySelector("input[type=radio]"));
    if (answer) { event.preventDefault(); target.querySelector("details").open = true; target.scrollIntoView({ block: "center" }); answer.focus({ preventScroll: true }); }
    else if (target && target.matches("details")) target.open = true;
    else if (target && target.matches("input, textarea, select")) { event.preventDefault(); target.focus(); }
  });

  const count = (list) => {
    const chosen = list.querySelectorAll("input:checked").length;
    list.querySelector("[data-counts]").textContent = chosen || "";
  };
  document.addEventListener("change", (event) => {
    const filters = event.target.closest("form[data-submits]");
    if (filters) filters.requestSubmit();
    const list = event.target.closest("details.s-reasons");
    if (list) count(list);
  });
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("details.s-reasons").forEach(count));

  // A frame drawn on a page says where a remark belongs: fractions of the page, in the form.
  let drawing = null;
  const place = (event, leaf) => {
    const box = leaf.getBoundingClientRect();
    const within = (value) => Math.min(1, Math.max(0, value));
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  };
  document.addEventListener("pointerdown", (event) => {
    const leaf = event.button === 0 && event.pointerType === "mouse" && event.target.closest("[data-draws]");
    if (!leaf) return;
    event.preventDefault();
    drawing = { leaf, from: place(event, leaf) };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    const [x, y] = place(event, drawing.leaf);
    const [left, top] = [Math.min(x, drawing.from[0]), Math.min(y, drawing.from[1])];
    const values = { x: left, y: top, w: Math.abs(x - drawing.from[0]), h: Math.abs(y - drawing.from[1]) };
    const frame = drawing.leaf.querySelector(".s-drawn");
    const form = document.getElementById(drawing.leaf.dataset.draws);
    for (const [name, attribute] of [["x", "x"], ["y", "y"], ["w", "width"], ["h", "height"]]) {
      frame.setAttribute(attribute, values[name]);
      form.elements[name].value = values[name].toFixed(5);
    }
  });
  document.addEventListener("pointerup", () => {
    if (drawing) document.getElementById(drawing.leaf.dataset.draws).elements.text.focus();
    drawing = null;
  });
})();
