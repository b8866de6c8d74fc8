//! Scripts that are read, and mistakes that are told.

use std::path::PathBuf;

use ketenkeur::finding::Language;
use ketenkeur::scenario::{
    Action, Advance, Library, Over, Reply, Scenario, Script, SourceError, Sources, read_script,
};
use ketenkeur::text::Texts;

/// Scripts that stand in a test.
pub struct Written<'a>(pub &'a [(&'a str, &'a str)]);

impl Sources for Written<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError> {
        let file = self.0.iter().find(|(known, _)| *known == name);
        file.map(|(_, text)| text.as_bytes().to_vec())
            .ok_or(SourceError::NotFound)
    }

    fn beside(&self, _file: &str, name: &str) -> Option<String> {
        Some(name.to_string())
    }
}

/// A scenario with these lines after its head.
pub fn script(rest: &str) -> String {
    format!(
        "id: x\ntitle: {{nl: X, en: X}}\nkey: po-inwinnen\nmandatory: true\nsubject: las\n\
         requirements: [BRON-INS]\ngrade: knowledge\nsource: x\n{rest}"
    )
}

/// The scenario that a script is.
pub fn read(text: &str) -> Scenario {
    match read_script("x.yaml", &Written(&[("x.yaml", text)])) {
        Ok(Script::Scenario(scenario)) => *scenario,
        Ok(Script::Shared(_)) => panic!("shared steps"),
        Err(mistakes) => panic!("{mistakes:?}"),
    }
}

/// The mistakes in scripts, as `line key` and in words.
fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    let texts = Texts::of(Language::En);
    read_script(files[0].0, &Written(files))
        .expect_err("mistakes")
        .iter()
        .map(|one| texts.mistake(&one.file, &one.mistake))
        .collect()
}

#[test]
fn every_key_of_the_language_is_read() {
    let folder = PathBuf::from("tests/scenarios/scripts/good");
    let library = Library::on_disk(&[folder]).unwrap();
    assert_eq!(library.mistakes, []);
    assert_eq!(library.shared.len(), 2);
    let scenario = library.scenario("everything").unwrap();
    let actions: Vec<&str> = scenario
        .steps
        .iter()
        .map(|step| step.action.name())
        .collect();
    assert_eq!(
        actions,
        [
            "note", "trigger", "receive", "send", "capture", "send", "send", "send", "advance",
            "advance", "wait", "act", "repeat", "repeat", "repeat", "parallel", "probe"
        ]
    );
    assert!(matches!(
        scenario.steps[9].action,
        Action::Advance(Advance::To(_))
    ));
    let Action::Repeat(repeat) = &scenario.steps[12].action else {
        panic!("a repetition")
    };
    assert!(matches!(repeat.over, Over::Items(_)));
    let replies: Vec<&Reply> = repeat
        .steps
        .iter()
        .map(|step| match &step.action {
            Action::Receive(receive) => &receive.answer,
            _ => panic!("a receive"),
        })
        .collect();
    assert!(matches!(
        replies[..],
        [
            Reply::Silent,
            Reply::Register,
            Reply::BrokenAfter(20),
            Reply::Raw(_),
            Reply::Status { status: 503, .. },
            Reply::Delay { .. }
        ]
    ));
    assert!(scenario.requirements[1].negative && !scenario.requirements[0].negative);
    // Steps of included files know their file.
    let all = scenario.all_steps();
    assert_eq!(
        all.iter()
            .filter(|step| step.file.contains("/shared/"))
            .count(),
        2
    );
}

#[test]
fn the_version_of_a_scenario_covers_what_it_includes() {
    let text = script("steps:\n- include: s.yaml\n");
    let hash = |shared: &str| {
        let files = [("x.yaml", text.as_str()), ("s.yaml", shared)];
        match read_script("x.yaml", &Written(&files)).unwrap() {
            Script::Scenario(scenario) => scenario.hash,
            Script::Shared(_) => panic!("a scenario"),
        }
    };
    let one = hash("steps:\n- wait: 1s\n");
    assert_eq!(one, hash("steps:\n- wait: 1s\n"));
    assert_ne!(one, hash("steps:\n- wait: 2s\n"));
    assert_eq!(one.len(), 64);
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_to_do() {
    let long = "- wait: 1s\n".repeat(10_001);
    let with = |rest: &str| script(rest);
    let cases = [
        "steps: []\n",
        "steps:\n- snd: {from: las}\n",
        "steps:\n- {wait: 1s, advance: 1d}\n",
        "steps:\n- name: {nl: X}\n  wait: 1s\n",
        "steps:\n- send: {from: las, to: las, message: m}\n",
        "steps:\n- send: {from: las, to: duo}\n",
        "steps:\n- send: {from: las, to: duo, message: m, file: weg.xml}\n",
        "steps:\n- send: {from: las, to: duo, file: weg.xml}\n",
        "steps:\n- send: {from: las, to: duo, body: x, break-body: KK-X}\n",
        "steps:\n- send: {from: las, to: duo, message: m, tls-identity: fout-verloopen}\n",
        "steps:\n- send: {from: las, to: duo, message: m, edits: [{set: a//b, to: x}]}\n",
        "steps:\n- send: {from: las, to: duo, message: m, edits: [{set: a, insert: x}]}\n",
        "steps:\n- send: {from: las, to: duo, message: m, edits: [{to: x}]}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {status: 9xx}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {transport: expird}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {assert: ['a[']}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {assert: ['doc(1)']}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {json: [{path: '$.a[', exists: true}]}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {json: [{path: $.a}]}}\n",
        "steps:\n- receive: {as: duo, expect: {status: 200}}\n",
        "steps:\n- receive: {as: duo, answer: {status: 503, raw: x}}\n",
        "steps:\n- receive: {as: duo, answer: sillent}\n",
        "steps:\n- receive: {as: duo, within: 2h}\n",
        "steps:\n- trigger: {party: duo, action: inschrijven}\n",
        "steps:\n- act: {party: las, what: herstart}\n",
        "steps:\n- trigger: {party: las, action: inshcrijven}\n",
        "steps:\n- act: {party: osr, what: behandel-verzuim}\n",
        "steps:\n- act: {party: osr, what: verleen-mandaat, with: {diesnt: RIO, kleur: x}}\n",
        "steps:\n- act: {party: duo, what: lever-pushes, with: {status: B}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, edits: [{st: a, to: x}]}\n",
        "steps:\n- advance: 1mo\n",
        "steps:\n- repeat: {steps: [{wait: 1s}]}\n",
        "steps:\n- parallel: [[{wait: 1s}]]\n",
        "steps:\n- include: weg.yaml\n",
        "steps:\n- include: x.yaml\n",
        "steps:\n- include: {path: needy.yaml, with: {b: 1}}\n",
        "steps:\n- include: other.yaml\n",
        "steps:\n- include: deep.yaml\n",
        "at: gisteren\nsteps:\n- wait: 1s\n",
        "minutes: 5000\nsteps:\n- wait: 1s\n",
        "proves: {BRON-X: {negative: true}}\nsteps:\n- wait: 1s\n",
        "data: {a: auto}\nsteps:\n- wait: 1s\n",
        "data: {vandaag: x}\nsteps:\n- wait: 1s\n",
        "data: {a b: x}\nsteps:\n- wait: 1s\n",
        "data: {a: '${', b: '999990019 ${q r}'}\nsteps:\n- wait: 1s\n",
        "data: {leerling: {bsn: auto}, a: '${leerling.bns}'}\nsteps:\n- wait: 1s\n",
        "data: {a: '${b}', b: x}\nsteps:\n- wait: 1s\n",
        "sectors: [bo, po]\nsteps:\n- wait: 1s\n",
        "tags: [Een Twee]\nsteps:\n- wait: 1s\n",
    ];
    let mut told = String::new();
    for rest in cases {
        let text = with(rest);
        let files = [
            ("x.yaml", text.as_str()),
            ("needy.yaml", "needs: [a]\nsteps:\n- wait: 1s\n"),
            ("other.yaml", &with("steps:\n- wait: 1s\n")),
            ("deep.yaml", "steps:\n- include: deep.yaml\n- wait: lang\n"),
        ];
        told += rest.trim_end();
        told += "\n";
        for mistake in mistakes(&files) {
            told += &format!("  {mistake}\n");
        }
    }
    let many = mistakes(&[("x.yaml", &with(&format!("steps:\n{long}")))]);
    assert_eq!(many.len(), 1);
    told += &format!("10,001 steps\n  {}\n", many[0]);
    insta::with_settings!({snapshot_path => "../../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("scenario-mistakes", told);
    });
}

/// A branch does not see what another one captures; what comes after sees
/// both.
#[test]
fn values_are_known_where_they_are_captured_before() {
    let branches = |second: &str| {
        script(&format!(
            "steps:\n- parallel:\n  - - trigger: {{party: las, action: toon, capture: {{a: $.x}}}}\n  \
             - - trigger: {{party: las, action: toon, with: {second}}}\n\
             - act: {{party: duo, what: behandel-verzuim, with: {{status: '${{a.b}}'}}}}\n"
        ))
    };
    read(&branches("{}"));
    let text = branches("{leerling: '${a}'}");
    let told = mistakes(&[("x.yaml", &text)]);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("\"a\""), "{}", told[0]);
}
