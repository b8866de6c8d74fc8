//! `ketenkeur target check` of our own counterparts: nothing is said of a right
//! one, whichever clock it goes by, and a wrong one is found out.

use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};

use crate::elsewhere::{party, target};
use crate::las::free;
use crate::target::said;

/// Where a counterpart's clock stands.
#[derive(Clone, Copy, Debug)]
enum Time {
    /// It goes by the clock of the system.
    Real,
    /// At so many days before now, which the target file says nothing of.
    Unnamed(i64),
    /// There, and the target file names it.
    Named(&'static str),
}

/// Starts a counterpart and checks a target file that names it: the exit code
/// and what was said.
fn checked(folder: &Path, role: &str, time: Time, defect: Option<&str>) -> (i32, String) {
    checked_with(folder, role, time, defect, &|file| file)
}

/// The same with another target file than is right.
fn checked_with(
    folder: &Path,
    role: &str,
    time: Time,
    defect: Option<&str>,
    change: &dyn Fn(String) -> String,
) -> (i32, String) {
    let listen = free();
    let at = listen.to_string();
    let mut args = vec![role, "--listen", &at];
    let now = match time {
        Time::Real => None,
        Time::Unnamed(days) => {
            let then = Timestamp::now() - SignedDuration::from_hours(24 * days);
            Some(then.to_string())
        }
        Time::Named(now) => Some(now.to_string()),
    };
    if let Some(now) = &now {
        args.extend(["--now", now]);
    }
    if let Some(defect) = defect {
        args.extend(["--defect", defect]);
    }
    match role {
        "duo" => args.extend(["--osr", "https://osr.ketenkeur.invalid:1"]),
        "las" => {
            args.extend(["--osr", "https://osr.ketenkeur.invalid:1"]);
            args.extend(["--duo", "https://duo.ketenkeur.invalid:1/duo"]);
            args.extend(["--trigger", "127.0.0.1:0"]);
        }
        _ => {}
    }
    let mut lines = if role == "las" { 2 } else { 1 };
    let named = matches!(time, Time::Named(_));
    if named {
        args.extend(["--clock", "127.0.0.1:0"]);
        lines += 1;
    }
    let file = |urls: &[String]| {
        let clock = match urls.last().filter(|_| named) {
            Some(url) => format!("    clock: \"{url}\"\n"),
            None => String::new(),
        };
        let port = listen.port();
        let (oin, endpoints, more) = match role {
            "duo" => (
                "00000001800866472000",
                format!("{{ rod-po: \"https://duo.ketenkeur.invalid:{port}/duo\" }}"),
                String::new(),
            ),
            "osr" => (
                "00000003000000040000",
                format!(
                    "{{ v3: \"https://osr.ketenkeur.invalid:{port}/api/v3\", \
                     v2: \"https://osr.ketenkeur.invalid:{port}/api/v2\" }}"
                ),
                String::new(),
            ),
            _ => (
                "00000003999999990000",
                format!("{{ rod-po: \"https://leverancier.ketenkeur.invalid:{port}/pushes\" }}"),
                match urls.get(1) {
                    Some(url) => format!("    trigger: {{ url: \"{url}\" }}\n"),
                    None => "    trigger: person\n".to_string(),
                },
            ),
        };
        target(
            &format!("  {role}:\n    oin: \"{oin}\"\n{clock}    endpoints: {endpoints}\n{more}"),
            "",
        )
    };
    // An OSR reads in the target file whose mandates it has.
    let path = folder.join("doel.yaml");
    if role == "osr" {
        std::fs::write(&path, file(&[])).unwrap();
        args.extend(["--target", "doel.yaml"]);
    }
    let (_process, urls) = party(folder, &args, lines);
    std::fs::write(&path, change(file(&urls))).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["target", "check", "doel.yaml", "--lang", "en"])
        .output()
        .unwrap();
    (output.status.code().unwrap(), said(&output))
}

#[test]
fn our_own_counterparts_come_out_clean_whichever_clock_they_go_by() {
    let folder = tempfile::tempdir().unwrap();
    for role in ["duo", "osr", "las"] {
        for time in [
            Time::Real,
            Time::Unnamed(45),
            Time::Unnamed(-45),
            Time::Named("2025-08-03T09:00:00Z"),
            Time::Named("2028-08-03T09:00:00Z"),
        ] {
            let (code, told) = checked(folder.path(), role, time, None);
            assert_eq!(code, 0, "{role} {time:?}: {told}");
            assert!(!told.contains("KK-"), "{role} {time:?}: {told}");
            let refuses = told.lines().find(|line| line.contains("refusing"));
            assert!(refuses.unwrap().starts_with("right"), "{told}");
        }
    }
}

#[test]
fn a_counterpart_that_is_wrong_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    for (role, defect, codes) in [
        (
            "duo",
            "duo-aanvaardt-elk-certificaat",
            &[
                "KK-EK-PKI002-WEIGERT",
                "KK-EK-PKI003-WEIGERT",
                "KK-EK-PKI005-WEIGERT",
                "KK-EK-TLS002-WEIGERT",
            ][..],
        ),
        (
            "duo",
            "duo-laat-certificaat-zonder-oin-toe",
            &["KK-EK-PKI001-WEIGERT"],
        ),
        ("duo", "duo-server-van-een-ander", &["KK-EK-OIN-SERVER"]),
        ("las", "las-server-van-een-ander", &["KK-EK-OIN-SERVER"]),
        (
            "las",
            "las-laat-certificaat-zonder-oin-toe",
            &["KK-EK-PKI001-WEIGERT"],
        ),
        (
            "las",
            "las-negeert-intrekkingslijst",
            &["KK-EK-PKI003-WEIGERT"],
        ),
        (
            "las",
            "las-vraagt-geen-certificaat",
            &["KK-EK-TLS002-WEIGERT"],
        ),
    ] {
        for time in [Time::Real, Time::Unnamed(45)] {
            let (code, told) = checked(folder.path(), role, time, Some(defect));
            assert_eq!(code, 1, "{defect}: {told}");
            let words = told.split_whitespace();
            let mut found: Vec<&str> = words.filter(|word| word.starts_with("KK-")).collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, codes, "{defect} {time:?}: {told}");
        }
    }
}

/// A clock that cannot be read is not made out for certificates that are wrong:
/// the party stands at another moment than the one that judges it.
#[test]
fn a_clock_that_is_not_there_is_told_alone() {
    let folder = tempfile::tempdir().unwrap();
    for role in ["duo", "osr", "las"] {
        let change = |file: String| file.replace("/clock\"", "/clok\"");
        let named = Time::Named("2028-08-03T09:00:00Z");
        let (code, told) = checked_with(folder.path(), role, named, None, &change);
        assert_eq!(code, 1, "{role}: {told}");
        let wrong: Vec<&str> = told
            .lines()
            .filter(|line| line.starts_with("wrong"))
            .collect();
        assert_eq!(wrong.len(), 1, "{told}");
        assert!(
            wrong[0].contains("clock") && wrong[0].contains("/clok"),
            "{told}"
        );
        assert!(!told.contains("refused the certificate"), "{told}");
        assert!(told.contains("mend clock first"), "{told}");
    }
}

/// A path that the server does not know is told, of endpoints and of triggers.
#[test]
fn a_wrong_path_in_the_target_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (role, right, wrong, path) in [
        ("duo", "/duo\"", "/bron\"", "/bron"),
        ("las", "/pushes\"", "/koppelvlak\"", "/koppelvlak"),
        ("las", "/trigger\"", "/triger\"", "/triger"),
        ("osr", "/api/v3\"", "/api/3\"", "/api/3"),
    ] {
        let change = |file: String| {
            assert!(file.contains(right), "{file}");
            file.replace(right, wrong)
        };
        let (code, told) = checked_with(folder.path(), role, Time::Real, None, &change);
        assert_eq!(code, 1, "{role} {wrong}: {told}");
        let wrong: Vec<&str> = told
            .lines()
            .filter(|line| line.starts_with("wrong"))
            .collect();
        let told_of = format!("the server has nothing at {path} (HTTP 404)");
        // A mandate is asked for at that path, too.
        assert!(wrong.iter().any(|line| line.contains(&told_of)), "{told}");
    }
    // Nothing stands before a reason that is about no address.
    let (_, told) = checked(folder.path(), "las", Time::Real, None);
    let clock = told
        .lines()
        .find(|line| line.contains("names no virtual clock"));
    assert!(!clock.unwrap().contains(" : "), "{told}");
}
