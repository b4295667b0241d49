/* Sends files one after the other as they are chosen, with their progress. Without it the form sends them all at once. */
(() => {
  "use strict";
  const form = document.getElementById("uploads");
  if (!form) return;
  const list = document.getElementById("files");
  const model = document.getElementById("upload-row");
  const queue = [];
  let busy = false;
  let waiting = null; // the button that was pressed while files were still on their way

  form.classList.add("scripted");
  for (const element of form.querySelectorAll(".unscripted")) element.hidden = true;

  function add(files) {
    list.querySelector(".none")?.remove();
    for (const file of files) {
      const row = model.content.firstElementChild.cloneNode(true);
      row.querySelector(".name").textContent = file.name;
      row.querySelector(".size").textContent = size(file.size);
      row.querySelector("progress").setAttribute("aria-label", file.name);
      row.querySelector("button").addEventListener("click", () => { enqueue({ file, row }); });
      list.append(row);
      enqueue({ file, row });
    }
  }

  function enqueue(entry) {
    if (entry.file.size > Number(form.dataset.most)) return fail(entry.row, "large", false);
    entry.row.className = "pending";
    entry.row.querySelector("button").hidden = true;
    queue.push(entry);
    next();
  }

  function next() {
    if (busy) return;
    const entry = queue.shift();
    if (!entry) {
      if (waiting) { const button = waiting; waiting = null; form.requestSubmit(button); }
      return;
    }
    busy = true;
    send(entry, () => { busy = false; next(); });
  }

  function send({ file, row }, done) {
    const request = new XMLHttpRequest();
    const progress = row.querySelector("progress");
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.append("file", file);
    say(row, "sending");
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress.value = 100 * event.loaded / event.total; };
    request.upload.onload = () => { progress.removeAttribute("value"); say(row, "stored"); };
    request.onload = () => {
      if (request.responseURL !== form.action) { busy = false; return location.reload(); } // the session ended: sign in
      const rows = new DOMParser().parseFromString(request.responseText, "text/html").querySelectorAll("body > li");
      if (![200, 422].includes(request.status) || !rows.length) fail(row, "failed", true);
      else { row.replaceWith(...rows); rows.forEach((each) => window.htmx?.process(each)); }
      done();
    };
    request.onerror = request.ontimeout = () => { fail(row, "failed", true); done(); };
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
    request.send(data);
  }

  function say(row, what) { row.querySelector(".verdict").textContent = row.querySelector(".verdict").dataset[what]; }

  function fail(row, why, again) {
    row.className = "refused";
    row.querySelector("progress").hidden = true;
    row.querySelector("button").hidden = !again;
    say(row, why);
  }

  function size(bytes) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
    const options = { style: "unit", unit: units[step], maximumFractionDigits: step ? 1 : 0 };
    return new Intl.NumberFormat(document.documentElement.lang, options).format(bytes / 1024 ** step);
  }

  form.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    add([...event.target.files]);
    event.target.value = "";
  });
  form.addEventListener("submit", (event) => {
    if (!busy) return;
    event.preventDefault();
    waiting = event.submitter;
  });
  const drop = form.querySelector(".drop");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") add([...event.dataTransfer.files]);
    });
  }
  window.addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
})();
