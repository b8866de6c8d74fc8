//! A real browser: Debian's chromium, led by chromedriver over WebDriver. A test
//! without one says that it was skipped.

#![allow(dead_code)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The key of an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long a page may take to come, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// A browser that is led by this test. It ends with the test.
pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Whether a program can be found.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// The checker that `.ci/run` fetches; `None`, said so, where it is not there.
pub fn axe() -> Option<String> {
    let file = std::env::var_os("KETENKEUR_AXE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe-core/axe.min.js"),
        PathBuf::from,
    );
    let source = std::fs::read_to_string(&file).ok();
    if source.is_none() {
        eprintln!(
            "skipped: no axe-core at {} (.ci/run fetches it)",
            file.display()
        );
    }
    source
}

impl Browser {
    /// Starts a browser; `None` where there is none.
    pub fn start(scripts: Scripts) -> Option<Self> {
        if !["chromium", "chromedriver"].into_iter().all(is_installed) {
            eprintln!("skipped: chromium and chromedriver are not installed");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = None;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some((_, at)) = line.split_once("started successfully on port ") {
                port = Some(at.trim_end_matches('.').to_string());
                break;
            }
        }
        // What it says later is of no use, but must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let base = format!("http://127.0.0.1:{}/session", port.unwrap());
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1200,900",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_string).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let preferences = match scripts {
            Scripts::On => json!({}),
            Scripts::Off => json!({ "profile.managed_default_content_settings.javascript": 2 }),
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments, "prefs": preferences },
        } } });
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .into();
        let mut browser = Self {
            driver,
            session: base.clone(),
            agent,
            _profile: profile,
        };
        let begun = browser.command("", Some(wanted));
        let id = begun["sessionId"].as_str().unwrap();
        browser.session = format!("{base}/{id}");
        Some(browser)
    }

    /// A WebDriver command: POST with a content, GET without.
    #[track_caller]
    pub fn command(&self, path: &str, content: Option<Value>) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = match content {
            Some(content) => self
                .agent
                .post(&url)
                .header("content-type", "application/json")
                .send(content.to_string()),
            None => self.agent.get(&url).call(),
        };
        let mut answer = answer.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let page = || self.command("/source", None);
        assert!(answer.status().is_success(), "{path}: {text}\n{}", page());
        value["value"].clone()
    }

    pub fn open(&self, url: &str) {
        self.command("/url", Some(json!({ "url": url })));
    }

    pub fn address(&self) -> String {
        let url = self.command("/url", None);
        url.as_str().unwrap().to_string()
    }

    #[track_caller]
    pub fn element(&self, css: &str) -> String {
        let found = json!({ "using": "css selector", "value": css });
        let element = self.command("/element", Some(found));
        format!("/element/{}", element[ELEMENT].as_str().unwrap())
    }

    #[track_caller]
    pub fn click(&self, css: &str) {
        let path = format!("{}/click", self.element(css));
        self.command(&path, Some(json!({})));
    }

    /// Clicks, and waits until the page is another one.
    #[track_caller]
    pub fn follow(&self, css: &str) {
        let page = self.element("html");
        self.click(css);
        let began = Instant::now();
        let url = format!("{}{page}/name", self.session);
        // An element of a page that is gone is answered with an error.
        while self.agent.get(&url).call().unwrap().status().is_success() {
            assert!(began.elapsed() < PATIENCE, "{css} leads nowhere");
        }
    }

    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        let path = format!("{}/text", self.element(css));
        self.command(&path, None).as_str().unwrap().to_string()
    }

    /// The name and role by which a screen reader announces an element.
    #[track_caller]
    pub fn announced(&self, css: &str) -> (String, String) {
        let element = self.element(css);
        let of = |what: &str| {
            let said = self.command(&format!("{element}/{what}"), None);
            said.as_str().unwrap().to_string()
        };
        (of("computedrole"), of("computedlabel"))
    }

    /// Keeps a picture of the page where somebody asked for it.
    pub fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("KETENKEUR_PICTURES") {
            let picture = self.command("/screenshot", None);
            let png = STANDARD.decode(picture.as_str().unwrap()).unwrap();
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
        }
    }

    /// What the browser complains of: blocked or missing parts of pages.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("/se/log", Some(json!({ "type": "browser" })));
        let entries = log.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].to_string()).collect()
    }

    /// Runs a script in the page and gives back what it returns.
    #[track_caller]
    pub fn script(&self, script: &str) -> Value {
        self.command(
            "/execute/sync",
            Some(json!({ "script": script, "args": [] })),
        )
    }

    /// Runs a script that calls its last argument when it is done.
    #[track_caller]
    pub fn script_until_called(&self, script: &str) -> Value {
        self.command(
            "/execute/async",
            Some(json!({ "script": script, "args": [] })),
        )
    }

    /// Milliseconds of processor time that the page's own thread has spent.
    pub fn worked(&self) -> f64 {
        let cdp = |command: Value| self.command("/goog/cdp/execute", Some(command));
        let domain = json!({ "timeDomain": "threadTicks" });
        cdp(json!({ "cmd": "Performance.enable", "params": domain }));
        let said = cdp(json!({ "cmd": "Performance.getMetrics", "params": {} }));
        let mut metrics = said["metrics"].as_array().unwrap().iter();
        let task = metrics
            .find(|metric| metric["name"] == "TaskDuration")
            .unwrap();
        task["value"].as_f64().unwrap() * 1000.0
    }

    /// Makes pages look as somebody asks who has set this in the system.
    pub fn prefer(&self, feature: &str, value: &str) {
        let features = json!([{ "name": feature, "value": value }]);
        let command =
            json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.command("/goog/cdp/execute", Some(command));
    }

    /// Chooses a file in a form.
    #[track_caller]
    pub fn choose(&self, css: &str, file: &Path) {
        self.write(css, file.to_str().unwrap());
    }

    /// Types into a field.
    #[track_caller]
    pub fn write(&self, css: &str, text: &str) {
        let path = format!("{}/value", self.element(css));
        self.command(&path, Some(json!({ "text": text })));
    }

    /// Waits until a script in the page gives back something true.
    #[track_caller]
    pub fn wait_for(&self, script: &str) {
        let began = Instant::now();
        while self.script(script) != json!(true) {
            assert!(began.elapsed() < PATIENCE, "{script}");
        }
    }

    /// Has an accessibility checker look at the page, also at what is folded
    /// or far below.
    #[track_caller]
    pub fn assert_accessible(&self, axe: &str, name: &str) {
        self.script(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; });
             document.querySelectorAll('.case, .f, .product').forEach((one) => { one.style.contentVisibility = 'visible'; });",
        );
        self.script(&format!("{axe}; window.axe = axe;"));
        let found = self.script_until_called(
            "const done = arguments[0];
             axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then((result) => done({
                 checked: result.passes.length,
                 violations: result.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.html)),
             }), (error) => done({ error: String(error) }));",
        );
        assert!(
            found["checked"].as_u64().unwrap_or(0) >= 10,
            "{name}: {found}"
        );
        assert_eq!(found["violations"], json!([]), "{name}");
    }
}
