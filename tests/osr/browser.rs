//! The web pages in a real browser: Debian's chromium, led by chromedriver
//! over WebDriver. Skipped, and said to be, where they are not installed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ketenkeur::transport::{ClientTrust, Server, ServerOptions, TlsIdentity};
use serde_json::{Value, json};

use crate::support::{ROD_PO, SUPPLIER, World, mandate_path};

/// The key of an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long a page may take to come, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser that is led by this test. It ends with the test.
struct Browser {
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

impl Browser {
    /// Starts a browser in which pages cannot run scripts; `None` where there
    /// is none.
    fn start() -> Option<Self> {
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
        let no_scripts = json!({ "profile.managed_default_content_settings.javascript": 2 });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments, "prefs": no_scripts },
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
    fn command(&self, path: &str, content: Option<Value>) -> Value {
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

    fn open(&self, url: &str) {
        self.command("/url", Some(json!({ "url": url })));
    }

    fn address(&self) -> String {
        let url = self.command("/url", None);
        url.as_str().unwrap().to_string()
    }

    #[track_caller]
    fn element(&self, css: &str) -> String {
        let found = json!({ "using": "css selector", "value": css });
        let element = self.command("/element", Some(found));
        format!("/element/{}", element[ELEMENT].as_str().unwrap())
    }

    #[track_caller]
    fn click(&self, css: &str) {
        let path = format!("{}/click", self.element(css));
        self.command(&path, Some(json!({})));
    }

    /// Clicks, and waits until the page is another one.
    #[track_caller]
    fn follow(&self, css: &str) {
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
    fn text(&self, css: &str) -> String {
        let path = format!("{}/text", self.element(css));
        self.command(&path, None).as_str().unwrap().to_string()
    }

    /// The name and role by which a screen reader announces an element.
    #[track_caller]
    fn announced(&self, css: &str) -> (String, String) {
        let element = self.element(css);
        let of = |what: &str| {
            let said = self.command(&format!("{element}/{what}"), None);
            said.as_str().unwrap().to_string()
        };
        (of("computedrole"), of("computedlabel"))
    }

    /// Keeps a picture of the page where somebody asked for it.
    fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("KETENKEUR_PICTURES") {
            let picture = self.command("/screenshot", None);
            let png = STANDARD.decode(picture.as_str().unwrap()).unwrap();
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
        }
    }

    /// What the browser complains of: blocked or missing parts of pages.
    fn complaints(&self) -> Vec<String> {
        let log = self.command("/se/log", Some(json!({ "type": "browser" })));
        let entries = log.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].to_string()).collect()
    }
}

/// OSR-STROOM-1, OSR-STROOM-6: an employee gives a mandate and withdraws it,
/// on a page that runs no scripts, over TLS.
#[test]
fn an_employee_gives_and_withdraws_a_mandate() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let world = World::starter();
    let identity = TlsIdentity::of_test(&world.pki, "osr").unwrap();
    let options = ServerOptions::new(world.clock.clone()).with_tls(identity, ClientTrust::None);
    let server = Server::start(options, Arc::clone(&world.osr) as Arc<_>).unwrap();
    let path = mandate_path("v3", "0000000700027ZZ00000", SUPPLIER, ROD_PO);
    let status = || world.as_party("duo").get(&path).status;

    browser.open(&server.url("localhost", "/"));
    assert!(browser.text(".test").contains("geen product van Kennisnet"));
    browser.picture("1-aanmelden");
    browser.follow("#mijn-duo");
    browser.click("input[value='medewerker-41999']");
    browser.follow("#inloggen");
    assert!(browser.text("#melding").contains("OSR-toegang"));
    browser.open(&server.url("localhost", "/h2m/"));
    browser.follow("#eherkenning");
    assert_eq!(
        browser.announced("input[value='beheerder-41999']"),
        (
            "radio".to_string(),
            "OSR-beheerder van Stichting Verzonnen Onderwijs".to_string()
        )
    );
    browser.click("input[value='beheerder-41999']");
    browser.follow("#inloggen");
    assert_eq!(browser.text("h1"), "Mandaten beheren");
    browser.picture("2-scholen");
    browser.follow("#school-27ZZ");
    assert_eq!(browser.announced("#toevoegen").1, "+ mandaat toevoegen");
    browser.follow("#toevoegen");
    assert_eq!(
        browser.announced("#dienst"),
        ("combobox".to_string(), "Selecteer een dienst".to_string())
    );
    browser.click("#dienst option[value='ROD_PO']");
    browser.follow("#volgende");
    assert_eq!(browser.text("#gekozen-dienst"), "ROD_PO – ROD PO");
    assert_eq!(browser.announced("#systeem").1, "Selecteer een systeem");
    // The browser itself asks for what is required.
    browser.click("#opslaan");
    assert_eq!(status(), 404);
    browser.click(&format!("#systeem option[value='{SUPPLIER}']"));
    browser.picture("3-systeem");
    browser.follow("#opslaan");
    assert_eq!(browser.text("#gedaan"), "Het mandaat is opgeslagen.");
    assert!(
        browser
            .text("table")
            .contains("Voorbeeld-LAS (Voorbeeldleverancier)")
    );
    browser.picture("4-overzicht");
    assert_eq!(status(), 200);
    // Loading again sends nothing twice.
    let before = world.osr.mandates().len();
    browser.open(&browser.address());
    assert_eq!(world.osr.mandates().len(), before);

    let number = world.osr.mandates().pop().unwrap().number;
    browser.follow(&format!("#mandaat-{number} a"));
    browser.picture("5-intrekken");
    browser.follow("#intrekken");
    assert_eq!(browser.text("#gedaan"), "Het mandaat is ingetrokken.");
    assert_eq!(status(), 404);
    browser.follow("a[hreflang='en']");
    assert_eq!(browser.text("h1"), "Mandates of Basisschool Zonder Mandaat");
    browser.picture("6-engels");
    browser.follow("#uitloggen");
    browser.open(&server.url("localhost", "/h2m/mandaten"));
    let address = browser.address();
    assert!(address.ends_with("/h2m/"), "{address}");
    // The answer 403 to who has no access is an honest complaint.
    let complaints = browser.complaints();
    let unexpected: Vec<&String> = (complaints.iter())
        .filter(|complaint| !complaint.contains("403"))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

/// A browser on the same machine does without TLS.
#[test]
fn the_pages_work_over_plain_http_on_the_same_machine() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let world = World::starter();
    let options = ServerOptions::new(world.clock.clone());
    let server = Server::start(options, Arc::clone(&world.osr) as Arc<_>).unwrap();
    browser.open(&server.url("127.0.0.1", "/h2m/?lang=en"));
    browser.follow("#mijn-duo");
    browser.click("input[value='beheerder-42888']");
    browser.follow("#inloggen");
    assert_eq!(browser.text("h1"), "Manage mandates (Mandaten beheren)");
    browser.follow("#school-bestuur");
    assert!(browser.text("table").contains("DUO_MBO – DUO MBO"));
    assert!(
        browser.complaints().is_empty(),
        "{:?}",
        browser.complaints()
    );
}
