//! The web pages, asked for as a browser asks for them.

use jiff::SignedDuration;
use ketenkeur::counterpart::osr::Principal;

use crate::support::{OTHER, ROD_PO, Reply, SUPPLIER, World, mandate_path};

/// A browser: it keeps cookies and sends forms.
struct Visitor<'w> {
    world: &'w World,
    cookie: Option<String>,
}

impl<'w> Visitor<'w> {
    fn new(world: &'w World) -> Self {
        Self {
            world,
            cookie: None,
        }
    }

    /// Somebody who is logged in.
    fn logged_in(world: &'w World, employee: &str) -> Self {
        let mut visitor = Self::new(world);
        let page = visitor.get("/h2m/inloggen/mijn-duo");
        let form = format!("token={}&medewerker={employee}", token(&page));
        let reply = visitor.post("/h2m/inloggen/mijn-duo", &form);
        assert_eq!(location(&reply), "/h2m/mandaten");
        visitor
    }

    fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    fn post(&mut self, path: &str, form: &str) -> Reply {
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        self.send("POST", path, &[form_type], form)
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut call = self.world.browser();
        if let Some(cookie) = &self.cookie {
            call = call.header("cookie", cookie);
        }
        for (name, value) in headers {
            call = call.header(name, value);
        }
        let reply = call.send(method, path, body.into());
        for (name, value) in HEADERS {
            assert_eq!(reply.header(name), Some(*value), "{method} {path}");
        }
        assert!(
            !reply.text().contains("<script"),
            "{path} works without scripts"
        );
        if let Some(set) = reply.header("set-cookie") {
            assert!(
                set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict")
                    || set.contains("Max-Age=0")
            );
            self.cookie = set.split(';').next().map(str::to_string);
        }
        reply
    }
}

/// What every answer carries.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cache-control", "no-store"),
];

fn token(page: &Reply) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_string()
}

#[track_caller]
fn location(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.header("location").unwrap().to_string()
}

const ADD: &str = "/h2m/mandaten/27ZZ/toevoegen";

fn mandates_of(world: &World, brin: &str) -> usize {
    let school = Principal::School(brin.to_string());
    let mandates = world.osr.mandates();
    mandates.iter().filter(|m| m.principal == school).count()
}

/// OSR-STROOM-1, OSR-STROOM-6: the whole way, in both languages.
#[test]
fn a_school_gives_and_withdraws_a_mandate() {
    for (lang, saved, withdrawn) in [
        (
            "",
            "Het mandaat is opgeslagen.",
            "Het mandaat is ingetrokken.",
        ),
        (
            "?lang=en",
            "The mandate was saved.",
            "The mandate was withdrawn.",
        ),
    ] {
        let world = World::starter();
        let mut visitor = Visitor::new(&world);
        let home = visitor.get(&format!("/h2m/{lang}"));
        assert!(home.text().contains("/h2m/inloggen/eherkenning"));
        let login = visitor.get(&format!("/h2m/inloggen/eherkenning{lang}"));
        assert!(login.text().contains("beheerder-41999"));
        let form = format!("token={}&medewerker=beheerder-41999", token(&login));
        let to = location(&visitor.post(&format!("/h2m/inloggen/eherkenning{lang}"), &form));
        let schools = visitor.get(&to);
        assert!(schools.text().contains("/h2m/mandaten/27ZZ") && !schools.text().contains("02WS"));
        let overview = visitor.get(&format!("/h2m/mandaten/27ZZ{lang}"));
        assert!(
            overview.text().contains("Ander LAS"),
            "the mandate that is over"
        );
        let services = visitor.get(&format!("{ADD}{lang}"));
        assert!(
            services.text().contains("ROD_PO – ROD PO") && !services.text().contains("DUO_MBO")
        );
        let and_lang = lang.replace('?', "&");
        let systems = visitor.get(&format!("{ADD}?dienst=ROD_PO{and_lang}"));
        assert!(
            systems
                .text()
                .contains("Voorbeeld-LAS (Voorbeeldleverancier)")
        );
        assert!(!systems.text().contains("Toetssysteem"));
        assert!(
            systems.text().contains("value=\"2026-09-28\""),
            "today is filled in"
        );
        let form = format!(
            "token={}&dienst=ROD_PO&systeem={SUPPLIER}&startdatum=2026-09-28&einddatum=",
            token(&systems)
        );
        let to = location(&visitor.post(&format!("{ADD}{lang}"), &form));
        let overview = visitor.get(&to);
        assert!(overview.text().contains(saved), "{}", overview.text());
        let path = mandate_path("v3", "0000000700027ZZ00000", SUPPLIER, ROD_PO);
        assert_eq!(world.as_party("duo").get(&path).status, 200);
        let secret = world.osr.mandates().pop().unwrap().token;
        assert!(
            !overview.text().contains(&secret),
            "the token is the supplier's alone"
        );
        let number = world.osr.mandates().pop().unwrap().number;
        let withdraw = format!("/h2m/mandaten/27ZZ/{number}/intrekken{lang}");
        let page = visitor.get(&withdraw);
        let form = format!("token={}&laatstedag=", token(&page));
        let to = location(&visitor.post(&withdraw, &form));
        assert!(visitor.get(&to).text().contains(withdrawn));
        assert_eq!(world.as_party("duo").get(&path).status, 404);
        let out = visitor.get("/h2m/mandaten");
        let to = location(&visitor.post("/h2m/uitloggen", &format!("token={}", token(&out))));
        assert_eq!(to, "/h2m/");
        assert_eq!(location(&visitor.get("/h2m/mandaten")), "/h2m/");
    }
}

#[test]
fn a_form_that_is_filled_in_wrongly_comes_back_with_what_is_wrong() {
    let world = World::starter();
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    let token = token(&visitor.get(&format!("{ADD}?dienst=DOORSTROOM")));
    for (form, field, text) in [
        (
            "dienst=DOORSTROOM&systeem=&startdatum=2026-10-01",
            "systeem",
            "Kies een systeem",
        ),
        (
            "dienst=DOORSTROOM&systeem=x&startdatum=2026-10-01",
            "systeem",
            "Kies een systeem",
        ),
        (
            "dienst=DOORSTROOM&systeem=00000003777777770000&startdatum=",
            "startdatum",
            "Vul een startdatum in",
        ),
        (
            "dienst=DOORSTROOM&systeem=00000003777777770000&startdatum=2026-02-30",
            "startdatum",
            "Vul een bestaande datum in",
        ),
        (
            "dienst=DOORSTROOM&systeem=00000003777777770000&startdatum=2026-09-27",
            "startdatum",
            "in het verleden",
        ),
        (
            "dienst=DOORSTROOM&systeem=00000003777777770000&startdatum=2026-10-01\
             &einddatum=2026-09-30",
            "einddatum",
            "ligt voor de startdatum",
        ),
        (
            "dienst=DUO_MBO&systeem=00000003999999990000&startdatum=2026-10-01",
            "",
            "Kies een dienst",
        ),
        (
            "systeem=00000003999999990000&startdatum=2026-10-01",
            "",
            "Kies een dienst",
        ),
    ] {
        let page = visitor.post(ADD, &format!("token={token}&{form}"));
        assert_eq!(page.status, 400, "{form}");
        let shown = page.text();
        assert!(
            shown.contains("role=\"alert\"") && shown.contains(text),
            "{form}: {shown}"
        );
        if !field.is_empty() {
            assert!(
                shown.contains(&format!("aria-describedby=\"fout-{field}\"")),
                "{form}"
            );
        }
    }
    // What was chosen is still there.
    let page = visitor.post(
        ADD,
        &format!("token={token}&dienst=ROD_PO&systeem={OTHER}&startdatum=2026-09-01"),
    );
    assert!(page.text().contains(&format!("value=\"{OTHER}\" selected")));
    assert!(page.text().contains("value=\"2026-09-01\""));
    assert_eq!(mandates_of(&world, "27ZZ"), 1, "nothing was saved");
    // A second mandate for the same system.
    let form = format!("token={token}&dienst=ROD_PO&systeem={SUPPLIER}&startdatum=2026-10-01");
    location(&visitor.post(ADD, &form));
    let again = visitor.post(ADD, &form);
    assert!(again.text().contains("al een mandaat voor deze dienst"));
    assert_eq!(mandates_of(&world, "27ZZ"), 2);
}

#[test]
fn a_mandate_can_end_on_a_day_of_choice() {
    let world = World::starter();
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    let of_wilg = world
        .osr
        .mandates()
        .into_iter()
        .find(|m| m.service == "ROD_PO")
        .unwrap();
    let path = format!("/h2m/mandaten/25BE/{}/intrekken", of_wilg.number);
    let token = token(&visitor.get(&path));
    for (day, text) in [("2026-09-27", "in het verleden"), ("x", "bestaande datum")] {
        let page = visitor.post(&path, &format!("token={token}&laatstedag={day}"));
        assert_eq!(page.status, 400);
        assert!(page.text().contains(text), "{}", page.text());
    }
    location(&visitor.post(&path, &format!("token={token}&laatstedag=2026-10-31")));
    let later = visitor.post(&path, &format!("token={token}&laatstedag=2026-11-30"));
    assert!(later.text().contains("eindigt al eerder"));
    let overview = visitor.get("/h2m/mandaten/25BE").text();
    assert!(overview.contains("<time datetime=\"2026-10-31\">31-10-2026</time>"));
    assert!(world.clock.advance(SignedDuration::from_hours(24 * 40)));
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    assert!(
        visitor
            .get("/h2m/mandaten/25BE")
            .text()
            .contains("beëindigd")
    );
    assert_eq!(
        visitor.get(&path).status,
        404,
        "what is over cannot be withdrawn"
    );
}

#[test]
fn a_board_gives_mandates_for_all_its_schools() {
    let world = World::starter();
    let mut visitor = Visitor::logged_in(&world, "beheerder-42888");
    let path = "/h2m/mandaten/bestuur/toevoegen";
    let systems = visitor.get(&format!("{path}?dienst=DUO_MBO"));
    let form = format!(
        "token={}&dienst=DUO_MBO&systeem={SUPPLIER}&startdatum=2026-09-28",
        token(&systems)
    );
    assert_eq!(
        location(&visitor.post(path, &form)),
        "/h2m/mandaten/bestuur?gedaan=toegevoegd"
    );
    // Its schools see it, and cannot withdraw it.
    let school = visitor.get("/h2m/mandaten/02WS").text();
    assert!(school.contains("DUO_MBO – DUO MBO (van het bestuur)"));
    let number = world.osr.mandates().pop().unwrap().number;
    assert!(!school.contains(&format!("/{number}/intrekken")));
    assert_eq!(
        visitor
            .get(&format!("/h2m/mandaten/02WS/{number}/intrekken"))
            .status,
        404
    );
    assert_eq!(
        visitor
            .get(&format!("/h2m/mandaten/bestuur/{number}/intrekken"))
            .status,
        200
    );
}

#[test]
fn nobody_sees_or_changes_what_is_anothers() {
    let world = World::starter();
    let mut stranger = Visitor::new(&world);
    for path in [
        "/h2m/mandaten",
        "/h2m/mandaten/25BE",
        "/h2m/mandaten/25BE/1/intrekken",
        ADD,
    ] {
        assert_eq!(location(&stranger.get(path)), "/h2m/", "{path}");
        assert_eq!(
            stranger.post(path, "").status,
            if path == "/h2m/mandaten" || path == "/h2m/mandaten/25BE" {
                404
            } else {
                303
            }
        );
    }
    let mut other_board = Visitor::logged_in(&world, "beheerder-42888");
    for path in [
        "/h2m/mandaten/25BE",
        "/h2m/mandaten/25BE/toevoegen",
        "/h2m/mandaten/25BE/1/intrekken",
        "/h2m/mandaten/02WS/1/intrekken",
        "/h2m/mandaten/02WS/x/intrekken",
        "/h2m/mandaten/99ZZ",
        "/h2m/niets",
        "/elders",
        "/h2m/inloggen/digid",
    ] {
        assert_eq!(other_board.get(path).status, 404, "{path}");
    }
    assert_eq!(
        other_board.send("PUT", "/h2m/mandaten", &[], "").status,
        405
    );
    // Without the role OSR-toegang nobody gets in.
    let mut visitor = Visitor::new(&world);
    let page = visitor.get("/h2m/inloggen/mijn-duo");
    for (employee, status) in [("medewerker-41999", 403), ("niemand", 400), ("", 400)] {
        let form = format!("token={}&medewerker={employee}", token(&page));
        let refused = visitor.post("/h2m/inloggen/mijn-duo", &form);
        assert_eq!(refused.status, status, "{employee}");
        assert_eq!(location(&visitor.get("/h2m/mandaten")), "/h2m/");
    }
}

/// A form counts only when a page of this session sent it.
#[test]
fn forms_from_elsewhere_are_refused() {
    let world = World::starter();
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    let own = token(&visitor.get(&format!("{ADD}?dienst=ROD_PO")));
    let mut attacker = Visitor::logged_in(&world, "beheerder-41999");
    let foreign = token(&attacker.get(&format!("{ADD}?dienst=ROD_PO")));
    assert_ne!(own, foreign);
    let form = |token: &str| {
        format!("token={token}&dienst=ROD_PO&systeem={SUPPLIER}&startdatum=2026-09-28")
    };
    for token in ["", "x", &foreign] {
        assert_eq!(visitor.post(ADD, &form(token)).status, 403, "{token}");
    }
    let urlencoded = ("content-type", "application/x-www-form-urlencoded");
    let host = ("host", "osr.ketenkeur.invalid");
    for (headers, status) in [
        (&[("content-type", "text/plain")][..], 415),
        (&[][..], 415),
        (
            &[urlencoded, host, ("origin", "https://elders.example.nl")][..],
            403,
        ),
        (&[urlencoded, host, ("origin", "null")][..], 403),
        (
            &[
                urlencoded,
                host,
                ("origin", "https://osr.ketenkeur.invalid"),
            ][..],
            303,
        ),
    ] {
        let reply = visitor.send("POST", ADD, headers, &form(&own));
        assert_eq!(reply.status, status, "{headers:?}");
    }
    let unreadable = visitor.post(ADD, "token=%ff");
    assert_eq!(unreadable.status, 400);
    assert_eq!(mandates_of(&world, "27ZZ"), 2, "one form counted");
    // Logging in and out needs the page's token as well.
    let mut other = Visitor::new(&world);
    let refused = other.post("/h2m/inloggen/mijn-duo", "medewerker=beheerder-41999");
    assert_eq!(refused.status, 403);
    assert_eq!(visitor.post("/h2m/uitloggen", "").status, 403);
}

#[test]
fn a_session_ends_by_itself_and_when_somebody_logs_out() {
    let world = World::starter();
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    let kept = visitor.cookie.clone();
    let page = visitor.get("/h2m/mandaten");
    assert_eq!(page.status, 200);
    visitor.post("/h2m/uitloggen", &format!("token={}", token(&page)));
    visitor.cookie = kept;
    assert_eq!(
        location(&visitor.get("/h2m/mandaten")),
        "/h2m/",
        "the old cookie is dead"
    );
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    assert_eq!(location(&visitor.get("/h2m/")), "/h2m/mandaten");
    assert!(world.clock.advance(SignedDuration::from_hours(8)));
    assert_eq!(location(&visitor.get("/h2m/mandaten")), "/h2m/");
}

/// Data of others are shown as text, whatever they contain.
#[test]
fn what_data_contain_never_becomes_markup() {
    use ketenkeur::counterpart::Journal;
    use ketenkeur::counterpart::osr::OsrData;
    use ketenkeur::facts::Profile;

    let mut data = OsrData::starter();
    let wild = r#""><b onclick="x">&amp;'</b>"#;
    data.schools[2].name = wild.to_string();
    data.boards[0].name = wild.to_string();
    data.suppliers[0].system = wild.to_string();
    data.services[0].name = wild.to_string();
    data.employees[0].name = wild.to_string();
    let world = World::with(data, Journal::in_memory(), Profile::Test);
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    for path in [
        "/h2m/inloggen/mijn-duo",
        "/h2m/mandaten",
        "/h2m/mandaten/27ZZ",
        "/h2m/mandaten/25BE",
        "/h2m/mandaten/25BE/1/intrekken",
        "/h2m/mandaten/27ZZ/toevoegen",
        "/h2m/mandaten/27ZZ/toevoegen?dienst=ROD_PO",
        "/h2m/mandaten/bestuur",
        "/h2m/%3Cb%3E",
    ] {
        let page = visitor.get(path).text();
        assert!(
            !page.contains("<b ") && !page.contains("<b>"),
            "{path}: {page}"
        );
        assert!(page.contains("&lt;b"), "{path}: {page}");
    }
}

/// The link to the other language never leads to another host.
#[test]
fn no_page_links_elsewhere() {
    let world = World::starter();
    let mut visitor = Visitor::new(&world);
    for path in [
        "/%2Fkwaad.example.nl",
        "//kwaad.example.nl",
        "/%5Ckwaad.example.nl",
    ] {
        let page = visitor.get(path);
        assert_eq!(page.status, 404);
        assert!(!page.text().contains("kwaad"), "{path}: {}", page.text());
    }
}

/// Accessibility: what can be told from the pages themselves.
#[test]
fn every_page_has_a_language_a_title_one_heading_and_labels() {
    let world = World::starter();
    let mut visitor = Visitor::logged_in(&world, "beheerder-41999");
    let mut titles = std::collections::BTreeSet::new();
    let paths = [
        "/h2m/inloggen/mijn-duo",
        "/h2m/mandaten",
        "/h2m/mandaten/25BE",
        "/h2m/mandaten/25BE/toevoegen",
        "/h2m/mandaten/25BE/1/intrekken",
        "/h2m/niets",
    ];
    for path in paths {
        for (query, lang) in [("", "nl"), ("?lang=en", "en")] {
            let page = visitor.get(&format!("{path}{query}")).text();
            assert!(page.contains(&format!("<html lang=\"{lang}\">")), "{path}");
            assert_eq!(page.matches("<h1>").count(), 1, "{path}");
            assert!(
                page.contains("geen product van Kennisnet")
                    || page.contains("no product of Kennisnet")
            );
            let title = page
                .split_once("<title>")
                .unwrap()
                .1
                .split_once('<')
                .unwrap()
                .0;
            titles.insert(title.to_string());
            for (at, _) in page.match_indices("<select id=\"") {
                let id = page[at + 12..].split('"').next().unwrap();
                assert!(
                    page.contains(&format!("<label for=\"{id}\"")),
                    "{path} {id}"
                );
            }
            for (at, _) in page.match_indices("<input type=\"date\" id=\"") {
                let id = page[at + 23..].split('"').next().unwrap();
                assert!(
                    page.contains(&format!("<label for=\"{id}\"")),
                    "{path} {id}"
                );
            }
            assert!(!page.contains("{{") && !page.contains("None"), "{path}");
        }
    }
    assert_eq!(titles.len(), 2 * paths.len(), "{titles:?}");
    let style = visitor.get("/h2m/stijl.css");
    assert_eq!(
        style.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(location(&visitor.get("/")), "/h2m/");
}
