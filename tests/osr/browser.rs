//! The web pages in a real browser.

#[path = "../support/browser.rs"]
mod leading;

use std::sync::Arc;

use ketenkeur::transport::{ClientTrust, Server, ServerOptions, TlsIdentity};

use self::leading::{Browser, Scripts};
use crate::support::{ROD_PO, SUPPLIER, World, mandate_path};

/// OSR-STROOM-1, OSR-STROOM-6: an employee gives a mandate and withdraws it,
/// on a page that runs no scripts, over TLS.
#[test]
fn an_employee_gives_and_withdraws_a_mandate() {
    let Some(browser) = Browser::start(Scripts::Off) else {
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
    let Some(browser) = Browser::start(Scripts::Off) else {
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
