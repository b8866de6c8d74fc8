//! Which page answers which request.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::forms::{self, Mistakes, NewMandate};
use super::pages::{redirect, secured, style};
use super::session::{Cookie, Method, Session};
use super::view;
use crate::counterpart::osr::data::EmployeeData;
use crate::counterpart::osr::entry::{Mandate, Principal};
use crate::counterpart::osr::register::Osr;
use crate::exchange::{Exchange, HttpFacts};
use crate::finding::Language;
use crate::transport::Response;
use crate::transport::{Parameters, RequestTarget as Target};

/// A request for a page.
struct Visit<'a> {
    osr: &'a Osr,
    http: &'a HttpFacts,
    body: &'a [u8],
    query: &'a Parameters,
    /// The path of the page.
    path: String,
    language: Language,
    cookie: Cookie,
    session: Option<Session>,
    today: Date,
}

/// Answers a request for a page. OSR-STROOM-1 and, by withdrawing,
/// OSR-STROOM-6 are what the pages are for.
pub(in super::super) fn answer(
    osr: &Osr,
    request: &Exchange,
    method: &str,
    target: &Target,
) -> Response {
    let Some(http) = &request.http else {
        return secured(Response::empty(400));
    };
    let steps = target.steps();
    let language = match target.query.get("lang") {
        Some("en") => Language::En,
        _ => Language::Nl,
    };
    let cookie = match request.tls {
        Some(_) => Cookie::Secure,
        None => Cookie::Plain,
    };
    let session = cookie
        .read(http.header("cookie"), osr.seed, osr.now())
        .filter(|session| !osr.pages.has_ended(session.number));
    let visit = Visit {
        osr,
        http,
        body: &request.body,
        query: &target.query,
        // A page that is none of these is named by nothing that was sent.
        path: match steps.first() {
            Some(&"h2m") => format!("/{}", steps.join("/")),
            _ => "/h2m/".to_string(),
        },
        language,
        cookie,
        session,
        today: osr.today(),
    };
    let answered = match (method, &steps[..]) {
        ("GET", []) => Ok(visit.to("/h2m/")),
        ("GET", ["h2m"]) => visit.start(),
        ("GET", ["h2m", "stijl.css"]) => Ok(style()),
        ("GET", ["h2m", "inloggen", method]) => visit.choose_employee(method),
        ("POST", ["h2m", "inloggen", method]) => visit.log_in(method),
        ("POST", ["h2m", "uitloggen"]) => visit.log_out(),
        ("GET", ["h2m", "mandaten"]) => visit.schools(),
        ("GET", ["h2m", "mandaten", key]) => visit.overview(key),
        ("GET", ["h2m", "mandaten", key, "toevoegen"]) => visit.add(key),
        ("POST", ["h2m", "mandaten", key, "toevoegen"]) => visit.save(key),
        ("GET", ["h2m", "mandaten", key, number, "intrekken"]) => visit.withdraw(key, number),
        ("POST", ["h2m", "mandaten", key, number, "intrekken"]) => visit.end(key, number),
        ("GET" | "POST", _) => Err(visit.says(404, "page-missing")),
        _ => Err(secured(Response::empty(405))),
    };
    answered.unwrap_or_else(|refused| refused)
}

impl Visit<'_> {
    fn page(&self, status: u16, template: &str, content: Value) -> Response {
        let session = self.session.as_ref();
        let employee = session.and_then(|session| self.employee_of(session));
        let method = session.and_then(|session| session.method);
        let frame = json!({
            "path": self.path,
            "employee": employee.map(|employee| employee.name),
            "method": method.map(Method::name),
            "token": session.map(|session| session.form_token(self.osr.seed)),
        });
        let pages = &self.osr.pages;
        pages.page(status, template, self.language, &[frame, content])
    }

    /// A page that says one thing.
    fn says(&self, status: u16, text: &str) -> Response {
        self.page(status, "melding.html", json!({ "text": text }))
    }

    /// Sends on to another page, in the same language.
    fn to(&self, path: &str) -> Response {
        match self.language {
            Language::Nl => redirect(path),
            Language::En if path.contains('?') => redirect(&format!("{path}&lang=en")),
            Language::En => redirect(&format!("{path}?lang=en")),
        }
    }

    fn employee_of(&self, session: &Session) -> Option<EmployeeData> {
        let id = session.employee.as_ref()?;
        let state = self.osr.state();
        let mut employees = state.data.employees.iter();
        employees.find(|known| known.id == *id).cloned()
    }

    /// Who is logged in; whoever is not is sent to the first page.
    fn employee(&self) -> Result<EmployeeData, Response> {
        let session = self.session.as_ref();
        let employee = session.and_then(|session| self.employee_of(session));
        employee.ok_or_else(|| self.to("/h2m/"))
    }

    /// The form that was sent, when a page of this session sent it.
    fn form(&self) -> Result<Parameters, Response> {
        const FORM: &str = "application/x-www-form-urlencoded";
        if self.http.media_type().as_deref() != Some(FORM) {
            return Err(self.says(415, "form-media"));
        }
        let from_here = match (self.http.header("origin"), self.http.header("host")) {
            (Some(origin), Some(host)) => origin
                .split_once("://")
                .is_some_and(|(_, from)| from == host),
            _ => true,
        };
        let form = std::str::from_utf8(self.body)
            .ok()
            .and_then(|text| Parameters::read(text).ok())
            .ok_or_else(|| self.says(400, "form-unreadable"))?;
        let session = self.session.as_ref();
        let token = session.map(|session| session.form_token(self.osr.seed));
        match from_here && token.is_some() && form.get("token") == token.as_deref() {
            true => Ok(form),
            false => Err(self.says(403, "form-foreign")),
        }
    }

    /// Whose mandates a page is about: a school of the employee's board, or
    /// that board.
    fn principal(&self, key: &str) -> Result<Principal, Response> {
        let employee = self.employee()?;
        if key == view::BOARD {
            return Ok(Principal::Board(employee.board));
        }
        let state = self.osr.state();
        let school = state
            .school(key)
            .map(|school| school.board == employee.board);
        drop(state);
        match school {
            Some(true) => Ok(Principal::School(key.to_string())),
            _ => Err(self.says(404, "page-missing")),
        }
    }

    /// The first page: how to log in.
    fn start(&self) -> Result<Response, Response> {
        if self.employee().is_ok() {
            return Ok(self.to("/h2m/mandaten"));
        }
        Ok(self.page(200, "aanmelden.html", json!({})))
    }

    fn choose_employee(&self, step: &str) -> Result<Response, Response> {
        let method = Method::parse(step).ok_or_else(|| self.says(404, "page-missing"))?;
        self.employees(200, method, Mistakes::new())
    }

    /// The page on which somebody says who they are. It begins a session, so
    /// that its form can be told from another's.
    fn employees(
        &self,
        status: u16,
        method: Method,
        mistakes: Mistakes,
    ) -> Result<Response, Response> {
        let session = self
            .session
            .clone()
            .unwrap_or_else(|| self.new_session(None, None));
        let employees = view::employees(&self.osr.state());
        let content = json!({
            "employees": employees,
            "mistakes": mistakes,
            "chosen": method.name(),
            "step": method.step(),
        });
        // The form's token is that of the session that the page begins.
        let visit = Visit {
            session: Some(session.clone()),
            path: self.path.clone(),
            ..*self
        };
        let mut response = visit.page(status, "medewerker.html", content);
        if self.session.is_none() {
            let cookie = self.cookie.begin(&session, self.osr.seed);
            response.headers.push(("set-cookie".to_string(), cookie));
        }
        Ok(response)
    }

    fn new_session(&self, employee: Option<String>, method: Option<Method>) -> Session {
        Session {
            employee,
            method,
            began: self.osr.now().as_second(),
            number: self.osr.pages.next_session(),
        }
    }

    /// Logs an employee in. Without the role `OSR-toegang` that is refused.
    fn log_in(&self, step: &str) -> Result<Response, Response> {
        let method = Method::parse(step).ok_or_else(|| self.says(404, "page-missing"))?;
        let form = self.form()?;
        let chosen = form.get("medewerker").and_then(|id| {
            let state = self.osr.state();
            let mut employees = state.data.employees.iter();
            employees.find(|employee| employee.id == id).cloned()
        });
        let Some(employee) = chosen else {
            let mistakes = Mistakes::from([("medewerker", "employee-missing")]);
            return self.employees(400, method, mistakes);
        };
        if !employee.osr_access {
            return Err(self.says(403, "no-access"));
        }
        if let Some(old) = &self.session {
            self.osr.pages.end_session(old.number);
        }
        let session = self.new_session(Some(employee.id), Some(method));
        let mut response = self.to("/h2m/mandaten");
        let cookie = self.cookie.begin(&session, self.osr.seed);
        response.headers.push(("set-cookie".to_string(), cookie));
        Ok(response)
    }

    fn log_out(&self) -> Result<Response, Response> {
        self.form()?;
        if let Some(session) = &self.session {
            self.osr.pages.end_session(session.number);
        }
        let mut response = self.to("/h2m/");
        response
            .headers
            .push(("set-cookie".to_string(), self.cookie.end()));
        Ok(response)
    }

    /// Mandaten beheren: the schools of the board.
    fn schools(&self) -> Result<Response, Response> {
        let employee = self.employee()?;
        let state = self.osr.state();
        let content = json!({
            "schools": view::schools(&state, &employee.board, self.today),
            "board": view::board_line(&state, &employee.board, self.today),
        });
        drop(state);
        Ok(self.page(200, "scholen.html", content))
    }

    /// The mandates of one school.
    fn overview(&self, key: &str) -> Result<Response, Response> {
        let principal = self.principal(key)?;
        let state = self.osr.state();
        let done = match self.query.get("gedaan") {
            Some("toegevoegd") => Some("mandate-added"),
            Some("ingetrokken") => Some("mandate-withdrawn"),
            _ => None,
        };
        let content = json!({
            "key": view::key_of(&principal),
            "name": view::name_of(&state, &principal),
            "mandates": view::mandates(&state, &principal, self.today, self.language),
            "done": done,
        });
        drop(state);
        Ok(self.page(200, "overzicht.html", content))
    }

    /// + mandaat toevoegen: first the service, then the system.
    fn add(&self, key: &str) -> Result<Response, Response> {
        let principal = self.principal(key)?;
        let Some(service) = self.query.get("dienst") else {
            return Ok(self.services(200, &principal, Mistakes::new()));
        };
        Ok(self.systems(
            200,
            &principal,
            service,
            &Parameters::default(),
            Mistakes::new(),
        ))
    }

    fn services(&self, status: u16, principal: &Principal, mistakes: Mistakes) -> Response {
        let state = self.osr.state();
        let content = json!({
            "key": view::key_of(principal),
            "name": view::name_of(&state, principal),
            "services": view::services(&state, principal),
            "mistakes": mistakes,
        });
        drop(state);
        self.page(status, "dienst.html", content)
    }

    /// The form of a mandate for a service, with what was filled in.
    fn systems(
        &self,
        status: u16,
        principal: &Principal,
        service: &str,
        filled: &Parameters,
        mistakes: Mistakes,
    ) -> Response {
        let state = self.osr.state();
        let is_offered = view::services(&state, principal)
            .iter()
            .any(|choice| choice.is(service));
        let Some(known) = state.service(service).filter(|_| is_offered) else {
            drop(state);
            let mistakes = Mistakes::from([("dienst", "service-missing")]);
            return self.services(400, principal, mistakes);
        };
        let today = self.today.to_string();
        let content = json!({
            "key": view::key_of(principal),
            "name": view::name_of(&state, principal),
            "service": known.code,
            "service_label": view::label(known),
            "systems": view::systems(&state, service),
            "chosen": filled.get("systeem"),
            "start": filled.get("startdatum").unwrap_or(&today),
            "end": filled.get("einddatum").unwrap_or_default(),
            "today": today,
            "mistakes": mistakes,
        });
        drop(state);
        self.page(status, "systeem.html", content)
    }

    fn save(&self, key: &str) -> Result<Response, Response> {
        let principal = self.principal(key)?;
        let form = self.form()?;
        let service = form.get("dienst").unwrap_or_default();
        let given = NewMandate::read(&form, self.today).and_then(|new| {
            let (supplier, service) = (&new.supplier, &new.service);
            self.osr
                .give_mandate(principal.clone(), supplier, service, new.start, new.end)
                .map_err(forms::refused)
        });
        match given {
            Ok(_) => Ok(self.to(&format!("/h2m/mandaten/{key}?gedaan=toegevoegd"))),
            Err(mistakes) => Err(self.systems(400, &principal, service, &form, mistakes)),
        }
    }

    /// A mandate of `key` that can be withdrawn.
    fn mandate(&self, key: &str, number: &str) -> Result<Mandate, Response> {
        let principal = self.principal(key)?;
        let state = self.osr.state();
        let number = number.parse::<u64>().ok();
        let found = number
            .and_then(|number| state.mandates.get(&number))
            .cloned();
        drop(state);
        found
            .filter(|mandate| mandate.principal == principal)
            .filter(|mandate| mandate.end.is_none_or(|end| end >= self.today))
            .ok_or_else(|| self.says(404, "page-missing"))
    }

    /// Asks whether a mandate is to be withdrawn, and when.
    fn withdraw(&self, key: &str, number: &str) -> Result<Response, Response> {
        let mandate = self.mandate(key, number)?;
        Ok(self.confirm(200, &mandate, "", Mistakes::new()))
    }

    fn confirm(&self, status: u16, mandate: &Mandate, day: &str, mistakes: Mistakes) -> Response {
        let state = self.osr.state();
        let content = json!({
            "key": view::key_of(&mandate.principal),
            "name": view::name_of(&state, &mandate.principal),
            "mandate": view::mandate(&state, mandate, self.today, self.language),
            "today": self.today.to_string(),
            "day": day,
            "mistakes": mistakes,
        });
        drop(state);
        self.page(status, "intrekken.html", content)
    }

    fn end(&self, key: &str, number: &str) -> Result<Response, Response> {
        let mandate = self.mandate(key, number)?;
        let form = self.form()?;
        let ended = forms::last_day(&form, self.today).and_then(|day| {
            let ended = self.osr.end_mandate(mandate.number, day);
            ended.map_err(forms::refused)
        });
        match ended {
            Ok(()) => Ok(self.to(&format!("/h2m/mandaten/{key}?gedaan=ingetrokken"))),
            Err(mistakes) => {
                let day = form.get("laatstedag").unwrap_or_default();
                Err(self.confirm(400, &mandate, day, mistakes))
            }
        }
    }
}
