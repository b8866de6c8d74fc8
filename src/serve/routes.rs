//! Which page answers which request, and who may see it.
//!
//! Anybody sees the public edition of the matrix and of suppliers. A supplier
//! sees what is its own as well, the team everything. What somebody may not
//! see is answered as what is not there.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::frame::{Frame, answered};
use super::shelf::{Live, Shelf, Shelved};
use super::{Made, Site, gate};
use crate::check::shipped_facts;
use crate::clock::{Clock, to_the_second};
use crate::event::{RunState, ScenarioJudged, TooMany};
use crate::exchange::{Exchange, HttpFacts, StartLine};
use crate::facts::Profile;
use crate::finding::{Dispute, Disputed, Language, Verdict};
use crate::limits::{MAX_PAGE_NAMES, REFUSED_MILLISECONDS};
use crate::readiness::{Edition, Ways, agenda, page, remark};
use crate::recorded::{Recorded, known};
use crate::report::{Run, Voice, compared, page_policy, report_policy, shown, write_html};
use crate::transport::{Answer, Parameters, RequestTarget, Response};

/// Answers a request; one that is not whole has a body that was too large to
/// be read.
pub(super) fn answer(
    site: &Site,
    request: &Exchange,
    from: Option<IpAddr>,
    is_whole: bool,
) -> Answer {
    let Some(head) = &request.http else {
        return Response::empty(400).into();
    };
    let StartLine::Request { method, url } = &head.start else {
        return Response::empty(400).into();
    };
    let target = RequestTarget::read(url);
    let query = target.as_ref().map(|target| target.query.clone());
    let query = query.unwrap_or_default();
    let language = match query.get("lang") {
        Some("nl") => Language::Nl,
        Some("en") => Language::En,
        _ => site.options.language,
    };
    let steps = target.map(|target| target.steps).unwrap_or_default();
    let frame = Frame {
        site,
        language,
        visitor: site.visitors.of(head),
        is_forwarded: gate::is_forwarded(head),
        // A page is named by nothing that was sent but its own, plain steps.
        path: match steps.iter().all(|step| is_plain(step)) {
            true => format!("/{}", steps.join("/")),
            false => "/".to_string(),
        },
        asked: ["a", "b"]
            .into_iter()
            .filter_map(|name| Some((name, query.get(name).filter(|id| is_plain(id))?)))
            .map(|(name, id)| format!("{name}={id}&"))
            .collect(),
    };
    if !is_for_us(site, head) {
        return frame.notice(421, "other-host", "").into();
    }
    let from = from.and_then(|peer| gate::origin(peer, head));
    let is_counted = frame.visitor.holder.is_none();
    if is_counted && from.is_some_and(|from| !site.gate.lets_in(from)) {
        let mut response = frame.notice(429, "asked-often", "");
        let minute = ("retry-after".to_string(), "60".to_string());
        response.headers.push(minute);
        return response.into();
    }
    if frame.visitor.refused {
        return slowly(frame.notice(401, "token-refused", ""));
    }
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let visit = Visit {
        frame: &frame,
        query: &query,
        head,
        body: &request.body,
    };
    if !is_whole {
        return visit.too_large(steps.as_slice()).into();
    }
    match (method.as_str(), steps.as_slice()) {
        ("GET" | "HEAD", []) => visit.matrix(None),
        ("GET" | "HEAD", ["suppliers", oin]) => visit.matrix(Some(oin)),
        ("GET" | "HEAD", ["runs"]) => visit.runs(),
        ("GET" | "HEAD", ["runs", id]) => visit.run(id),
        ("GET" | "HEAD", ["compare"]) => visit.compare(),
        ("GET" | "HEAD", ["live"]) => visit.all_live(),
        ("GET" | "HEAD", ["live", name]) => visit.live(name),
        ("GET" | "HEAD", ["login"]) => Ok(visit.login()),
        ("POST", ["login"]) => return visit.log_in(),
        ("POST", ["logout"]) => visit.log_out(),
        ("GET" | "HEAD", ["upload"]) => visit.upload(),
        ("POST", ["upload"]) => visit.take_in(),
        ("GET" | "HEAD", ["disputes"]) => visit.disputes(),
        ("POST", ["disputes"]) => visit.dispute(),
        ("GET" | "HEAD" | "POST", _) => Err(visit.missing()),
        _ => Err(frame.notice(405, "no-method", "")),
    }
    .unwrap_or_else(|refused| refused)
    .into()
}

/// Whether a step of a path needs no quotes anywhere.
fn is_plain(step: &str) -> bool {
    step.bytes().all(|one| one.is_ascii_alphanumeric())
}

/// Whether a request was sent to this server under a name of its own. A page
/// elsewhere whose name leads here is not let in (DNS rebinding).
fn is_for_us(site: &Site, head: &HttpFacts) -> bool {
    let hosts = site.hosts.get().map(Vec::as_slice).unwrap_or_default();
    head.header("host")
        .is_some_and(|host| hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
}

/// Lets whoever guesses wait.
pub(super) fn slowly(response: Response) -> Answer {
    let wait = std::time::Duration::from_millis(REFUSED_MILLISECONDS);
    Answer::Delayed(wait, Box::new(response.into()))
}

/// A request for a page, and who asks.
pub(super) struct Visit<'a> {
    pub frame: &'a Frame<'a>,
    query: &'a Parameters,
    pub head: &'a HttpFacts,
    pub body: &'a [u8],
}

pub(super) type Page = Result<Response, Response>;

impl Visit<'_> {
    pub(super) fn site(&self) -> &Site {
        self.frame.site
    }

    /// Who may not send a run is told that, and not that it is large.
    fn too_large(&self, steps: &[&str]) -> Response {
        match self.sender() {
            Err(refused) if steps == ["upload"] => refused,
            _ => self.frame.notice(413, "too-large", ""),
        }
    }

    pub(super) fn missing(&self) -> Response {
        self.frame.notice(404, "missing", "")
    }

    pub(super) fn failed(&self) -> Response {
        self.frame.notice(500, "failed", "")
    }

    /// The matrix, or the rows of one supplier.
    fn matrix(&self, oin: Option<&str>) -> Page {
        let frame = self.frame;
        let Made {
            matrix: whole,
            doubts,
            ..
        } = self.site().made().ok_or_else(|| self.failed())?;
        let is_confidential = frame.sees_all() || oin.is_some_and(|oin| frame.sees(oin));
        let edition = match is_confidential {
            true => Edition::Confidential,
            false => Edition::Public,
        };
        // The page that most ask for is made once for a matrix.
        let for_anybody = oin.is_none() && !is_confidential && frame.visitor.holder.is_none();
        let kept = for_anybody.then(|| self.site().kept(frame.language, &whole));
        if let Some(page) = kept.flatten() {
            return Ok(page);
        }
        let made = match oin {
            None => (*whole).clone(),
            Some(oin) => whole.of_supplier(oin),
        };
        if oin.is_some() && made.rows.is_empty() {
            return Err(self.missing());
        }
        let made = made.edition(edition);
        let calendar = shipped_facts(Clock::at(made.at), Profile::Production).calendar;
        let shelved = self.shelf().map(Shelf::runs).unwrap_or_default();
        let seen = shelved.iter().filter(|one| frame.sees(&one.run.target.oin));
        let (_, is_broken) = self.site().options.team.now(Clock::at(made.at).today());
        let broken = is_broken.then(|| frame.says("team-broken", ""));
        // They are about all suppliers, and so on the page of all.
        let doubts = doubts.iter().filter(|_| oin.is_none());
        let doubts = doubts.map(|one| shown(&remark(one, frame.texts())));
        let notes = broken.into_iter().chain(doubts);
        let ways = Ways {
            ways: frame.ways(),
            notes: notes.filter(|_| frame.sees_all()).collect(),
            runs: seen
                .map(|one| (one.id.clone(), frame.to(&format!("/runs/{}", one.id))))
                .collect(),
            suppliers: made
                .rows
                .iter()
                .filter(|row| oin.is_none() && is_plain(&row.oin))
                .map(|row| {
                    let to = frame.to(&format!("/suppliers/{}", row.oin));
                    (row.oin.clone(), to)
                })
                .collect(),
        };
        let ahead = agenda(&made, &calendar);
        let html = page(&made, &ahead, edition, frame.language, Some(&ways));
        let policy = page_policy(crate::readiness::PAGE_STYLE, None);
        let page = answered(200, html.into_bytes(), &policy);
        if for_anybody {
            self.site().keep(frame.language, &whole, &page);
        }
        Ok(page)
    }

    fn shelf(&self) -> Option<&Shelf> {
        self.site().shelf.as_ref()
    }

    /// The run of that id, when whoever asks may see it.
    fn shelved(&self, id: &str) -> Result<Shelved, Response> {
        let run = self.shelf().and_then(|shelf| shelf.run(id));
        run.filter(|run| self.frame.sees(&run.run.target.oin))
            .ok_or_else(|| self.missing())
    }

    /// A run in a list.
    fn entry(&self, run: &Shelved) -> Value {
        json!({
            "id": run.id,
            "short": run.id.get(..12),
            "href": self.frame.to(&format!("/runs/{}", run.id)),
            "began": to_the_second(run.run.began),
            "product": self.product(&run.run),
        })
    }

    fn product(&self, run: &crate::evidence::RunRecord) -> String {
        let target = &run.target;
        if target.supplier.is_empty() {
            return self.frame.says("own", "");
        }
        shown(&format!(
            "{} · {} {}",
            target.supplier, target.product, target.version
        ))
    }

    fn runs(&self) -> Page {
        if !self.frame.sees_all() && self.frame.visitor.supplier().is_none() {
            return Err(self.missing());
        }
        let shelf = self.shelf().ok_or_else(|| self.missing())?;
        let runs: Vec<Shelved> = shelf
            .runs()
            .into_iter()
            .filter(|run| self.frame.sees(&run.run.target.oin))
            .collect();
        let listed: Vec<Value> = runs
            .iter()
            .take(MAX_PAGE_NAMES)
            .map(|run| self.entry(run))
            .collect();
        let content = json!({
            "more": runs.len() - listed.len(),
            "runs": listed,
            "compare": "/compare",
            "keeps_lang": self.frame.language != self.site().options.language,
        });
        Ok(self
            .frame
            .page(200, "runs.html", &self.frame.says("way-runs", ""), &content))
    }

    /// The page of a run: the one that `report --html` writes.
    fn run(&self, id: &str) -> Page {
        let shelved = self.shelved(id)?;
        let _alone = self.site().costly.lock();
        let mut recorded = Recorded::read(&shelved.path, false)
            .map_err(|_| self.frame.notice(422, "no-report", ""))?;
        // Where the evidence lies is nobody's business but the machine's.
        recorded.origin.name = format!("{}…", &shelved.id[..12]);
        let known = known().map_err(|_| self.failed())?;
        let disputes = self.disputes_about(&shelved)?;
        let book = Disputed {
            book: &self.site().options.rules,
            disputes: &disputes,
        };
        let run = Run {
            origin: Some(&recorded.origin),
            known: Some(&known),
            ..Run::new(&recorded.events, &book, self.frame.language, recorded.exit)
        };
        let mut html = Vec::new();
        write_html(&[run], &mut html).map_err(|_| self.failed())?;
        Ok(answered(200, html, &report_policy()))
    }

    /// What is held against rules, as whoever sees this run may read it.
    fn disputes_about(&self, run: &Shelved) -> Result<Vec<Dispute>, Response> {
        let mut disputes = self.site().store().disputes().map_err(|_| self.failed())?;
        if !self.frame.sees_all() {
            disputes.retain(|one| one.is_for(&run.run.target.oin));
        }
        Ok(disputes)
    }

    /// Two runs side by side.
    fn compare(&self) -> Page {
        let frame = self.frame;
        let chosen = |name: &str| self.shelved(self.query.get(name).unwrap_or_default());
        let (before, after) = (chosen("a")?, chosen("b")?);
        let _alone = self.site().costly.lock();
        let state = |run: &Shelved| {
            let recorded = Recorded::read(&run.path, false);
            let recorded = recorded.map_err(|_| frame.notice(422, "no-report", ""))?;
            let mut state = RunState::default();
            for event in recorded.events.replay() {
                let event = event.map_err(|_| self.failed())?;
                let added = state.add(&event);
                added.map_err(|TooMany| frame.notice(422, "no-report", ""))?;
            }
            Ok(state)
        };
        let comparison = state(&before)?.compare(&state(&after)?);
        let disputes = self.disputes_about(&after)?;
        let book = Disputed {
            book: &self.site().options.rules,
            disputes: &disputes,
        };
        let voice = Voice::new(&book, frame.language);
        let told = compared(&comparison, voice);
        let words = &frame.texts().runs;
        let word = |key: &str| crate::text::word(words, key);
        let all = told.worse.len() + told.other.len();
        let cut = |lines: &[String]| -> Vec<String> {
            lines
                .iter()
                .take(MAX_PAGE_NAMES)
                .map(|line| shown(line))
                .collect()
        };
        let (worse, other) = (cut(&told.worse), cut(&told.other));
        let content = json!({
            "a": self.entry(&before),
            "b": self.entry(&after),
            "more": all - worse.len() - other.len(),
            "parts": [(word("diff-worse"), worse), (word(told.other_title()), other)],
            "same": word("diff-same"),
        });
        Ok(frame.page(200, "compare.html", &frame.says("compared", ""), &content))
    }

    /// The runs that are being played here.
    fn all_live(&self) -> Page {
        let shelf = self.shelf().filter(|_| self.frame.sees_all());
        let live = shelf.ok_or_else(|| self.missing())?.live();
        let all: Vec<Value> = live
            .iter()
            .take(MAX_PAGE_NAMES)
            .map(|live| {
                json!({
                    "href": self.frame.to(&format!("/live/{}", live.name)),
                    "began": to_the_second(live.run.began),
                    "product": self.product(&live.run),
                })
            })
            .collect();
        let content = json!({ "all": all, "one": null, "follows": false });
        Ok(self
            .frame
            .page(200, "live.html", &self.frame.says("way-live", ""), &content))
    }

    /// One of them, as far as it is. When it has ended, its own page is next.
    fn live(&self, name: &str) -> Page {
        let shelf = self.shelf().filter(|_| self.frame.sees_all());
        let shelf = shelf.ok_or_else(|| self.missing())?;
        let Some(live) = shelf.live().into_iter().find(|live| live.name == name) else {
            let ended = shelf.runs().into_iter().find(|run| run.live_name() == name);
            let ended = ended.ok_or_else(|| self.missing())?;
            return Ok(self.frame.see(&format!("/runs/{}", ended.id)));
        };
        let content = json!({
            "all": [],
            "one": self.progress(&live),
            "follows": true,
            "again": self.frame.to(&self.frame.path),
        });
        Ok(self
            .frame
            .page(200, "live.html", &self.frame.says("live", ""), &content))
    }

    fn progress(&self, live: &Live) -> Value {
        let progress = live.progress();
        let voice = Voice::new(&self.site().options.rules, self.frame.language);
        let lines: Vec<Value> = progress
            .played
            .iter()
            .map(|played| {
                json!({
                    "scenario": shown(&played.about.scenario),
                    "title": shown(played.about.title(self.frame.language)),
                    "verdict": played.judgement.verdict,
                    "says": shown(&voice.played(played)),
                })
            })
            .collect();
        let count = |verdict| {
            let played = progress.played.iter();
            played
                .filter(|one| one.judgement.verdict == verdict)
                .count()
                .to_string()
        };
        let total = live.run.scenarios.len().max(lines.len());
        let was_played = |one: &&ScenarioJudged| one.not_played.is_none();
        let played = progress.played.iter().filter(was_played).count();
        let says = crate::text::say(
            &self.frame.texts().serve,
            "live-says",
            &[
                ("played", &played.to_string()),
                ("total", &total.to_string()),
                ("passed", &count(Verdict::Pass)),
                ("failed", &count(Verdict::Fail)),
                ("open", &count(Verdict::Undecided)),
            ],
        );
        json!({
            "product": self.product(&live.run),
            "began": to_the_second(live.run.began),
            "last": progress.last.map(to_the_second),
            "total": total,
            "says": says,
            "played": lines,
        })
    }
}
