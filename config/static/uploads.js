/* Sends files in pieces as they are chosen (tus), one after the other: progress, cancelling, going on after a broken
   connection. Without it the form sends them all at once. Words come from data attributes of #upload-row. */
(() => {
  "use strict";
  const model = document.getElementById("upload-row");
  if (!model || !window.tus?.isSupported) return;

  const size = (bytes) => {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
    const options = { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: step ? 1 : 0 };
    return new Intl.NumberFormat(document.documentElement.lang, options).format(bytes / 1024 ** step);
  };

  function prepare(form) {
    const list = form.querySelector(".files.taking");
    const token = form.elements.csrfmiddlewaretoken.value;
    const queue = [];
    let busy = null; // what is on its way
    let waiting = null; // the button that was pressed meanwhile

    form.classList.add("scripted");
    for (const element of form.querySelectorAll(".unscripted")) element.hidden = true;
    reveal(list);

    function add(files) {
      list.querySelector(".none")?.remove();
      for (const file of files) {
        const row = model.content.firstElementChild.cloneNode(true);
        const entry = { file, row };
        row.querySelector(".name").textContent = file.name;
        row.querySelector(".size").textContent = size(file.size);
        row.querySelector("progress").setAttribute("aria-label", file.name);
        for (const name of row.querySelectorAll("button .visually-hidden")) name.textContent = ` ${file.name}`;
        row.querySelector(".again").addEventListener("click", () => { enqueue(entry); });
        row.querySelector(".cancel").addEventListener("click", () => { cancel(entry); });
        list.append(row);
        enqueue(entry);
      }
    }

    function enqueue(entry) {
      if (entry.file.size > Number(form.dataset.most)) return fail(entry, "large", false);
      entry.lost = false;
      entry.row.className = "pending";
      entry.row.querySelector("progress").hidden = entry.row.querySelector(".cancel").hidden = false;
      entry.row.querySelector(".again").hidden = true;
      say(entry, "queued");
      queue.push(entry);
      next();
    }

    function next() {
      if (busy) return;
      busy = queue.shift() || null;
      if (busy) return start(busy);
      if (waiting) { const button = waiting; waiting = null; form.requestSubmit(button); }
    }

    function done() { busy = null; next(); }

    async function start(entry) {
      say(entry, "sending");
      const again = entry.upload; // it knows how far it came
      entry.upload ||= new tus.Upload(entry.file, {
        endpoint: form.dataset.uploads,
        metadata: { filename: entry.file.name, for: form.dataset.for, answers: form.dataset.answers || "" },
        headers: { "X-CSRFToken": token },
        chunkSize: 4 * 1024 * 1024, // what a connection that dies in silence may lose: the server knows whole pieces only
        retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000],
        removeFingerprintOnSuccess: true,
        fingerprint: async (file, { endpoint }) =>
          ["ristoro", endpoint, form.dataset.for, form.dataset.answers, file.name, file.size, file.lastModified].join("|"),
        onProgress: (sent, total) => {
          entry.row.querySelector("progress").value = 100 * sent / total;
          say(entry, sent < total ? "sending" : "stored");
        },
        onShouldRetry: (error) => {
          const status = error.originalResponse?.getStatus() || 0;
          const elsewhere = status === 409 && !error.originalResponse.getBody().includes("<li"); // ask for the offset again
          const again = !status || elsewhere || [423, 429].includes(status) || (status > 499 && status !== 507);
          const goesOn = navigator.onLine && again;
          if (goesOn) say(entry, "broken");
          return goesOn;
        },
        onSuccess: () => { show(entry); },
        onError: (error) => { refused(entry, error.originalResponse); },
      });
      if (!again) {
        const known = await entry.upload.findPreviousUploads();
        if (known.length) entry.upload.resumeFromPreviousUpload(known[0]);
      }
      if (busy === entry) entry.upload.start();
    }

    async function show(entry) {
      say(entry, "stored");
      try {
        const answer = await fetch(entry.upload.url, { headers: { "HX-Request": "true" } });
        if (answer.redirected) return signIn();
        if (!place(entry, await answer.text())) fail(entry, "failed", true);
      } catch {
        lost(entry);
      }
      done();
    }

    function refused(entry, answer) {
      if (answer?.getUnderlyingObject()?.responseURL.includes("/accounts/login/")) return signIn();
      if (!answer) lost(entry);
      else if (!place(entry, answer.getBody())) fail(entry, "failed", true);
      done();
    }

    function place(entry, text) {
      const page = new DOMParser().parseFromString(text, "text/html");
      const rows = [...page.querySelectorAll("body > li")];
      if (!rows.length) return false;
      for (const row of rows) if (row.id) document.getElementById(row.id)?.remove();
      entry.row.replaceWith(...rows);
      rows.forEach((row) => { window.htmx?.process(row); reveal(row); });
      const used = page.getElementById("used");
      if (used) document.getElementById("used")?.replaceWith(used);
      return true;
    }

    function cancel(entry) {
      if (queue.includes(entry)) queue.splice(queue.indexOf(entry), 1);
      entry.upload?.abort(true).catch(() => {}); // what is left there is forgotten in a day
      entry.row.remove();
      form.querySelector("input[type=file]").focus();
      if (busy === entry) done();
    }

    function signIn() { busy = null; queue.length = 0; location.reload(); }

    function say(entry, what) {
      const verdict = entry.row.querySelector(".verdict");
      if (verdict.textContent !== verdict.dataset[what]) verdict.textContent = verdict.dataset[what];
    }

    function lost(entry) { entry.lost = true; fail(entry, "failed", true); }

    function fail(entry, why, again) {
      entry.row.className = "refused";
      entry.row.querySelector("progress").hidden = true;
      entry.row.querySelector(".again").hidden = !again;
      entry.again = again;
      say(entry, why);
      if (entry.lost) broken.add(entry);
    }

    const broken = new Set();
    window.addEventListener("online", () => {
      for (const entry of broken) if (entry.lost && entry.row.isConnected) enqueue(entry);
      broken.clear();
    });

    // A file that waits for its message may still be taken out.
    function reveal(part) { for (const button of part.querySelectorAll(".drop-upload")) button.hidden = false; }
    list.addEventListener("click", async (event) => {
      const button = event.target.closest(".drop-upload");
      if (!button) return;
      const row = button.closest("li");
      const address = form.dataset.uploads + row.querySelector("[name=upload]").value + "/";
      row.remove();
      form.querySelector("input[type=file]").focus();
      await fetch(address, { method: "DELETE", headers: { "X-CSRFToken": token, "Tus-Resumable": "1.0.0" } }).catch(() => {});
    });

    function take(input) {
      add([...input.files]);
      input.value = "";
    }

    form.addEventListener("change", (event) => {
      if (event.target.type !== "file") return;
      take(event.target);
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
    // What was chosen before this script came.
    for (const input of form.querySelectorAll("input[type=file]")) if (input.files.length) take(input);
  }

  for (const form of document.querySelectorAll("form[data-uploads]")) prepare(form);
})();
