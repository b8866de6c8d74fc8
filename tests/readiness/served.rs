//! `ketenkeur serve` that runs, and who asks it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ketenkeur::readiness::RunStore;
use tempfile::TempDir;

use crate::made::{Made, OIN, text};

/// Another supplier.
pub const OTHER: &str = "00000003999999990000";

/// `ketenkeur serve` with a store, until it is dropped.
pub struct Served {
    pub folder: TempDir,
    pub process: Child,
    pub url: String,
    pub agent: ureq::Agent,
    pub team: String,
    pub supplier: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn ketenkeur(args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1");
    command
}

/// An answer: status, headers in lines, body.
pub type Answered = (u16, String, String);

impl Served {
    /// Serves what `make` put into `runs` of its folder.
    pub fn start(more: &[&str], make: impl FnOnce(&Path)) -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("runs")).unwrap();
        std::fs::write(root.join("team.toml"), TEAM).unwrap();
        make(&root.join("runs"));
        RunStore::open(&root.join("s.sqlite")).unwrap();
        if root.join("runs").read_dir().unwrap().next().is_some() {
            let import = ["readiness", "runs", "--store", "s.sqlite"];
            let imported = ketenkeur(&[&import[..], &["--team", "team.toml"]].concat(), root);
            let imported = { imported }.output().unwrap();
            assert!(
                imported.status.code() < Some(2),
                "{}",
                text(&imported.stderr)
            );
        }
        let token = |holder: &[&str]| {
            let args = [&["token", "tokens.toml"], holder].concat();
            let made = ketenkeur(&args, root).output().unwrap();
            assert!(made.status.success(), "{}", text(&made.stderr));
            text(&made.stdout).trim().to_string()
        };
        let (team, supplier) = (token(&["--team"]), token(&["--supplier", OIN]));
        let args = [
            "serve",
            "--store",
            "s.sqlite",
            "--runs",
            "runs",
            "--team",
            "team.toml",
        ];
        let listen = ["--listen", "127.0.0.1:0", "--tokens", "tokens.toml"];
        let mut process = ketenkeur(&[&args[..], &listen, more].concat(), root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let url = said
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        Self {
            url: url.unwrap().trim_end_matches(['/', '.']).to_string(),
            folder,
            process,
            agent: ureq::Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .proxy(None)
                .build()
                .into(),
            team,
            supplier,
        }
    }

    /// Asks for a page, with a token or without.
    pub fn get(&self, path: &str, token: Option<&str>) -> Answered {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answered(request.call())
    }

    /// Sends an archive.
    pub fn send(&self, archive: &[u8], token: Option<&str>) -> Answered {
        self.post("/upload", archive, token)
    }

    /// Sends something, with a token or without.
    pub fn post(&self, path: &str, content: &[u8], token: Option<&str>) -> Answered {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answered(
            request
                .header("content-type", "application/zip")
                .send(content),
        )
    }

    /// Packs evidence into an archive.
    pub fn pack(&self, run: &Made<'_>, name: &str) -> Vec<u8> {
        run.write(&self.folder.path().join(name));
        self.packed(name)
    }

    /// Packs a folder of evidence into an archive.
    pub fn packed(&self, name: &str) -> Vec<u8> {
        let root = self.folder.path();
        let zip = format!("{name}.zip");
        let packed = ketenkeur(&["runs", "pack", name, "--out", &zip], root)
            .output()
            .unwrap();
        assert!(packed.status.success(), "{}", text(&packed.stderr));
        std::fs::read(root.join(zip)).unwrap()
    }

    /// Every file below the folder of runs, and what the store holds.
    pub fn kept(&self) -> (Vec<String>, i64) {
        let root = self.folder.path();
        let files = walkdir::WalkDir::new(root.join("runs")).sort_by_file_name();
        let files = files.into_iter().map(|entry| entry.unwrap());
        let files = files.filter(|entry| entry.file_type().is_file());
        let store = rusqlite::Connection::open(root.join("s.sqlite")).unwrap();
        let count = store.query_row("SELECT count(*) FROM run", [], |row| row.get(0));
        (
            files
                .map(|entry| entry.path().display().to_string())
                .collect(),
            count.unwrap(),
        )
    }
}

pub fn answered(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answered {
    let mut answer = answer.unwrap();
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    let headers = headers.collect();
    let body = answer
        .body_mut()
        .with_config()
        .limit(64 << 20)
        .read_to_string()
        .unwrap();
    (answer.status().as_u16(), headers, body)
}

pub const TEAM: &str = r#"
[[supplier]]
oin = "00000003123456780000"
name = "Voorbeeld"
product = "Voorbeeld-LAS"
schools = 1200

[[supplier]]
oin = "00000003999999990000"
name = "Ander"
product = "Ander-LAS"

[[phase]]
oin = "00000003123456780000"
product = "Voorbeeld-LAS"
key = "po-inwinnen"
phase = "ketentest"
owner = "team keten"
blocker = "geheim-blok-een"

[[phase]]
oin = "00000003999999990000"
product = "Ander-LAS"
key = "po-inwinnen"
phase = "ketentest"
blocker = "geheim-blok-twee"
"#;

/// The id of the run that the matrix rests on.
pub fn id_of(served: &Served) -> String {
    let (_, _, page) = served.get("/", None);
    let at = page.find("SHA-256 ").unwrap();
    let code = page[at..].split("<code>").nth(1).unwrap();
    code.split('<').next().unwrap().to_string()
}
