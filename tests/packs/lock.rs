//! The lock: with which packs a project judges.

use ketenkeur::event::PackKind;
use ketenkeur::finding::Language;
use ketenkeur::pack::{Difference, LockError, Project, Store, in_force, notice, user_packs_folder};

use crate::support::{edit, official, project, zip_of};

const BO: &str = "DUO_PO_InschrijvingBO_V1";

fn differences(result: Result<(), LockError>) -> Vec<Difference> {
    match result {
        Err(LockError::Differs { differences }) => differences,
        other => panic!("{other:?}"),
    }
}

#[test]
fn import_locks_what_is_in_force() {
    let temporary = project();
    let builtin = Store::builtin();
    assert!(matches!(
        temporary.project.verify_lock(&builtin),
        Err(LockError::Absent { .. })
    ));
    let mut files = official(BO);
    temporary.import(&zip_of(&files)).unwrap();
    temporary.project.verify_lock(&temporary.store()).unwrap();

    // Without the imported pack our reconstruction would judge.
    let found = differences(temporary.project.verify_lock(&builtin));
    assert!(
        matches!(&found[..], [Difference::Other { contract, in_force, locked, .. }]
            if contract == BO && in_force.0 == PackKind::Reconstruction && locked.0 == PackKind::Official),
        "{found:?}"
    );

    // A file that somebody changed by hand is named.
    let xsd = format!("schema/{BO}.xsd");
    let path = temporary.project.packs_folder().join(BO).join(&xsd);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("maxOccurs=\"100\"", "maxOccurs=\"99\"")).unwrap();
    let found = differences(temporary.project.verify_lock(&temporary.store()));
    assert!(
        matches!(&found[..], [Difference::Other { files, .. }] if *files == [xsd.clone()]),
        "{found:?}"
    );

    // Locking again is the user's word for it.
    let store = temporary.store();
    temporary.project.lock(&store).unwrap();
    temporary.project.verify_lock(&store).unwrap();

    // A contract that is gone, and one that is new.
    temporary
        .import(&zip_of(&official("DUO_PO_TLV_V1")))
        .unwrap();
    edit(
        &mut files,
        &format!("{BO}.wsdl"),
        &format!("name=\"{BO}\""),
        "name=\"Nieuw_V1\"",
    );
    let lock = std::fs::read(temporary.project.lock_file()).unwrap();
    temporary.import(&zip_of(&files)).unwrap();
    std::fs::write(temporary.project.lock_file(), &lock).unwrap();
    let found = differences(temporary.project.verify_lock(&temporary.store()));
    assert_eq!(
        found,
        [Difference::NotLocked {
            contract: "Nieuw_V1".into()
        }]
    );
    let with_new = temporary.store();
    temporary.project.lock(&with_new).unwrap();
    std::fs::remove_dir_all(temporary.project.packs_folder().join("Nieuw_V1")).unwrap();
    let found = differences(temporary.project.verify_lock(&temporary.store()));
    assert_eq!(
        found,
        [Difference::NotInForce {
            contract: "Nieuw_V1".into()
        }]
    );
}

#[test]
fn a_pack_that_is_taken_away_leaves_ours_in_force() {
    let temporary = project();
    temporary.import(&zip_of(&official(BO))).unwrap();
    assert_eq!(temporary.project.imported().unwrap(), [BO]);
    let kind = |store: Store| store.pack(BO).unwrap().manifest.kind;
    assert_eq!(kind(temporary.store()), PackKind::Official);

    // A name that leads elsewhere is no pack.
    for name in ["DUO_PO_TLV_V1", "..", ".", "", "../packs"] {
        assert!(!temporary.project.remove(name, None).unwrap(), "{name}");
    }
    assert!(temporary.project.remove(BO, None).unwrap());
    assert_eq!(kind(temporary.store()), PackKind::Reconstruction);
    temporary.project.verify_lock(&temporary.store()).unwrap();
    assert!(!temporary.project.remove(BO, None).unwrap());
}

#[test]
fn a_broken_lock_is_told_with_its_line() {
    let temporary = project();
    temporary.import(&zip_of(&official(BO))).unwrap();
    let path = temporary.project.lock_file();
    let text = std::fs::read_to_string(&path).unwrap();
    let broken = text.replacen("kind = \"official\"", "kind = \"offical\"", 1);
    let line = 1 + broken[..broken.find("offical").unwrap()]
        .matches('\n')
        .count();
    std::fs::write(&path, broken).unwrap();
    let error = temporary
        .project
        .verify_lock(&temporary.store())
        .unwrap_err();
    assert!(
        matches!(error, LockError::Broken { line: Some(at), .. } if at == line),
        "{error}"
    );
}

#[test]
fn a_project_is_found_upward() {
    let temporary = project();
    temporary.import(&zip_of(&official(BO))).unwrap();
    let below = temporary.folder.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(Project::find(&below).as_ref(), Some(&temporary.project));
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(Project::find(elsewhere.path()), None);
}

#[test]
fn packs_of_the_user_come_below_those_of_the_project() {
    let (user, temporary) = (project(), project());
    user.import(&zip_of(&official("DUO_PO_TLV_V1"))).unwrap();
    let mut files = official(BO);
    user.import(&zip_of(&files)).unwrap();
    edit(&mut files, &format!("{BO}.xsd"), "40001", "40002");
    temporary.import(&zip_of(&files)).unwrap();
    let both = in_force(Some(&temporary.project), Some(&user.project.packs_folder())).unwrap();
    assert_eq!(&*both.pack(BO).unwrap().manifest.version, "1.0+40002");
    assert_eq!(
        both.pack("DUO_PO_TLV_V1").unwrap().manifest.kind,
        PackKind::Official
    );
    let alone = temporary.store();
    assert_eq!(
        alone.pack("DUO_PO_TLV_V1").unwrap().manifest.kind,
        PackKind::Reconstruction
    );

    let of = |set: &'static [(&'static str, &'static str)]| {
        user_packs_folder(move |name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        })
    };
    if cfg!(unix) {
        assert_eq!(
            of(&[("XDG_DATA_HOME", "/d"), ("HOME", "/h")]).unwrap(),
            std::path::Path::new("/d/ketenkeur/packs")
        );
        assert_eq!(
            of(&[("XDG_DATA_HOME", "relative"), ("HOME", "/h")]).unwrap(),
            std::path::Path::new("/h/.local/share/ketenkeur/packs")
        );
        assert_eq!(of(&[]), None);
    }
}

#[test]
fn the_list_says_who_made_a_pack() {
    let temporary = project();
    temporary.import(&zip_of(&official(BO))).unwrap();
    let store = temporary.store();
    assert_eq!(store.packs().count(), Store::builtin().packs().count());
    for pack in store.packs() {
        let manifest = &pack.manifest;
        let contract = &manifest.contract;
        let official = &**contract == BO;
        assert_eq!(manifest.kind == PackKind::Official, official, "{contract}");
        for language in [Language::Nl, Language::En] {
            let notice = notice(manifest.kind, language);
            assert_eq!(notice.is_none(), official);
            assert!(
                notice.is_none_or(|notice| notice.contains("DUO") && notice.contains("ketenkeur"))
            );
        }
        assert_eq!(pack.hash().len(), 64);
        let rules = pack.rule_files();
        assert!(rules.iter().all(|file| file.rules > 0), "{rules:?}");
        assert!(!rules.is_empty() && !manifest.messages.is_empty());
    }
    let pack = store.pack(BO).unwrap();
    let mut files = pack.hashed_files();
    assert!(files.any(|(path, bytes, hash)| path == "pack.toml" && bytes > 0 && hash.len() == 64));
    let mut rules = pack.rule_files().into_iter();
    assert!(rules.all(|file| &*file.contract == BO));
}
