//! Chromium without a window, driven through a pipe: its DevTools protocol, one JSON message after the other, each closed
//! by NUL. Needs no driver, no port and no other library.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long an answer may take; tests run beside others.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs before any script of a page: notes what the page's policy forbade.
const WATCH: &str = "window.forbidden = [];
    addEventListener('securitypolicyviolation', (e) => window.forbidden.push(e.violatedDirective + ' ' + e.blockedURI));";

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    asked: u64,
    session: String,
    /// Whether pages may run scripts.
    scripts: bool,
    /// Everything the page did that nobody asked for: methods and parameters.
    told: Vec<(String, Value)>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser; `None`, and a line that says so, where there is none.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let Some(program) = program() else {
            println!("skipped {test}: no Chromium here (apt-get install chromium, or name it in CHROMIUM)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The shell gives it the pipes under the numbers that it expects.
        let mut child = Command::new("sh")
            .arg("-c")
            .arg("exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null")
            .args(["sh", &program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars"])
            .args(["--remote-debugging-pipe", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (messages, from) = channel();
        std::thread::spawn(move || {
            let mut out = BufReader::new(out);
            let mut message = Vec::new();
            while out.read_until(0, &mut message).is_ok_and(|count| count > 0) {
                message.pop();
                if let Ok(value) = serde_json::from_slice(&message)
                    && messages.send(value).is_err()
                {
                    return;
                }
                message.clear();
            }
        });
        let (session, told) = (String::new(), Vec::new());
        let mut browser = Self { child, to, from, asked: 0, session, scripts: true, told, _profile: profile };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = json!({ "targetId": page["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attached);
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH }));
        Some(browser)
    }

    /// Calls a method of the protocol.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(b"\0").unwrap();
        loop {
            let mut answer = self.next();
            if answer["id"] == json!(self.asked) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.note(answer);
        }
    }

    fn next(&mut self) -> Value {
        self.from.recv_timeout(PATIENCE).expect("Chromium answers in time")
    }

    fn note(&mut self, mut message: Value) {
        if let Some(method) = message["method"].as_str().map(str::to_owned) {
            self.told.push((method, message["params"].take()));
        }
    }

    /// Opens the file at `path` and waits until it is there.
    pub(crate) fn open(&mut self, path: &Path) {
        self.told.clear();
        let url = format!("file://{}", path.display());
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert!(opened["errorText"].is_null(), "{url}: {}", opened["errorText"]);
        let since = Instant::now();
        while !self.told.iter().any(|(method, _)| method == "Page.loadEventFired") {
            let message = self.next();
            self.note(message);
            assert!(since.elapsed() < PATIENCE, "{url} does not load");
        }
    }

    /// Width of the window in CSS pixels, and whether the system's colours are dark.
    pub(crate) fn look(&mut self, width: u32, dark: bool) {
        let height = if width < 600 { 860 } else { 1000 };
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        // Without motion, so that places don't move while they are clicked.
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" }
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": "", "features": features }));
    }

    /// Opens pages from now on as with scripts forbidden.
    pub(crate) fn forbid_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        self.scripts = false;
    }

    /// The value of a script's expression.
    pub(crate) fn ask(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Whether a script's expression is true.
    pub(crate) fn is(&mut self, expression: &str) -> bool {
        self.ask(expression) == json!(true)
    }

    /// Waits until a script's expression is true.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let since = Instant::now();
        while !self.is(expression) {
            assert!(since.elapsed() < PATIENCE, "never true: {expression}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Clicks, as a person does, on the middle of the element of `selector`, which must be what is seen there. What the page
    /// still does about an earlier click may move it meanwhile: a click that would meet anything else is held back and done again.
    pub(crate) fn click(&mut self, selector: &str) {
        let since = Instant::now();
        while !self.hit(selector) {
            assert!(since.elapsed() < PATIENCE, "{selector} does not hold still");
        }
    }

    /// Clicks once where the element of `selector` is; whether it was still there.
    fn hit(&mut self, selector: &str) -> bool {
        let place = self.ask(&format!(
            "(() => {{
                const thing = document.querySelector({0});
                if (!thing) return 'none';
                thing.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = [...thing.getClientRects()].find((box) => box.width > 0 && box.height > 0);
                if (!box) return 'hidden';
                const at = [box.left + Math.min(box.width / 2, 40), box.top + box.height / 2];
                const meets = (seen) => seen && (thing.contains(seen) || seen.contains(thing));
                window.clicked = null;
                addEventListener('click', (event) => {{
                    window.clicked = !!meets(event.target);
                    if (!window.clicked) {{ event.preventDefault(); event.stopImmediatePropagation(); }}
                }}, {{ capture: true, once: true }});
                return meets(document.elementFromPoint(...at)) ? at : 'covered';
            }})()",
            json!(selector)
        ));
        assert!(place.is_array(), "{selector}: {place}");
        self.mouse("mousePressed", &place[0], &place[1], 1);
        self.mouse("mouseReleased", &place[0], &place[1], 1);
        if !self.scripts {
            // Listeners don't run then, and neither does what moves the page.
            return true;
        }
        self.wait_for("window.clicked !== null");
        self.is("window.clicked")
    }

    /// Drags from one place of the window to another.
    pub(crate) fn drag(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.mouse("mousePressed", &json!(from.0), &json!(from.1), 1);
        for step in 1..=4 {
            let x = from.0 + (to.0 - from.0) * f64::from(step) / 4.0;
            self.mouse("mouseMoved", &json!(x), &json!(to.1), 1);
        }
        self.mouse("mouseReleased", &json!(to.0), &json!(to.1), 1);
    }

    fn mouse(&mut self, kind: &str, x: &Value, y: &Value, clicks: u32) {
        let event =
            json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": clicks });
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Types into what has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// What happened on the page since it was opened and should not have: dialogs, errors, requests.
    pub(crate) fn mishaps(&mut self) -> Vec<String> {
        let forbidden = self.ask("JSON.stringify(window.forbidden || [])");
        let mut found = Vec::new();
        if forbidden != json!("[]") {
            found.push(format!("forbidden by the policy: {forbidden}"));
        }
        for (method, params) in &self.told {
            match method.as_str() {
                "Page.javascriptDialogOpening" | "Runtime.exceptionThrown" | "Log.entryAdded" => {
                    found.push(format!("{method}: {params}"));
                }
                "Network.requestWillBeSent" if params["type"] != "Document" => {
                    found.push(format!("request: {}", params["request"]["url"]));
                }
                _ => {}
            }
        }
        found
    }

    /// Keeps a picture of the whole page under `name`, if SCAP_SHOTS names a folder for pictures.
    pub(crate) fn shoot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SCAP_SHOTS") else { return };
        let picture = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        let bytes =
            <base64ct::Base64 as base64ct::Encoding>::decode_vec(picture["data"].as_str().unwrap()).unwrap();
        File::create(Path::new(&folder).join(format!("{name}.png"))).unwrap().write_all(&bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It has no work left that could be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What Chromium is called here.
fn program() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"].map(str::to_owned);
    let runs = |name: &String| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    };
    named.into_iter().chain(names).find(runs)
}
