//! What findings do to a verdict, and which of them are shown.

use std::collections::HashSet;

use jiff::civil::Date;

use super::bench::Bench;
use super::deviations::Deviation;
use crate::finding::{Beyond, Code, Finding, Judgement, Kind};

/// What becomes of a finding.
pub(super) enum Fate<'b> {
    /// It is shown, and counts.
    Shown,
    /// A deviation excuses it: shown as such, and it does not count.
    Excused(&'b Deviation),
    /// It counts, and there is no room to show it.
    Counted,
}

/// Weighs findings one by one. Every finding counts for the verdict, shown or
/// not: a limit on what is shown must never make a pass.
pub(super) struct Scales<'b> {
    bench: &'b Bench,
    today: Date,
    limit: usize,
    shown: usize,
    seen: HashSet<(Code, Kind)>,
    judgement: Judgement,
    more: u64,
}

impl<'b> Scales<'b> {
    /// Scales that show about `limit` findings: of every rule at least the
    /// first, and for the rest those that come first.
    pub fn new(bench: &'b Bench, limit: usize) -> Self {
        Self {
            bench,
            today: bench.facts.clock.today(),
            limit,
            shown: 0,
            seen: HashSet::new(),
            judgement: Judgement::NOT_APPLICABLE,
            more: 0,
        }
    }

    /// Weighs a finding on `input`.
    pub fn weigh(&mut self, finding: &Finding, input: &str) -> Fate<'b> {
        let excuse = self.bench.deviations.excuse(finding, input, self.today);
        if excuse.is_none() {
            let judgement =
                self.bench
                    .options
                    .judgement(finding.kind, finding.class, finding.grade);
            self.add(judgement);
        }
        let first = self.seen.insert((finding.code.clone(), finding.kind));
        if self.shown >= self.limit && !first {
            self.more += 1;
            return Fate::Counted;
        }
        self.shown += 1;
        excuse.map_or(Fate::Shown, Fate::Excused)
    }

    /// Adds what a check itself had no room for.
    pub fn weigh_beyond(&mut self, beyond: &Beyond) {
        self.more += beyond.count();
        for (kind, class, grade) in beyond.kinds() {
            let judgement = self.bench.options.judgement(kind, class, grade);
            self.add(judgement);
        }
    }

    /// Adds what held.
    pub fn add(&mut self, judgement: Judgement) {
        self.judgement = self.bench.options.fold([self.judgement, judgement]);
    }

    /// The judgement, and how many findings are counted only.
    pub fn finish(self) -> (Judgement, u64) {
        (self.judgement, self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{CheckOptions, Deviations, RulesOfPacks, shipped_facts};
    use crate::clock::Clock;
    use crate::edukoppeling::Trust;
    use crate::facts::Profile;
    use crate::finding::{Args, Class, Grade, Place, Verdict};
    use crate::pack::Store;

    fn bench(deviations: &str) -> Bench {
        let clock = Clock::at("2026-09-28T09:00:00Z".parse().unwrap());
        Bench {
            store: Store::builtin(),
            facts: shipped_facts(clock, Profile::Production),
            options: CheckOptions::default(),
            deviations: Deviations::parse(deviations).unwrap(),
            trust: Trust::default(),
            request: None,
            rules: RulesOfPacks::default(),
        }
    }

    fn finding(code: &str, class: Class, keyed: &str) -> Finding {
        Finding {
            code: code.into(),
            kind: Kind::Violation,
            class,
            grade: Grade::Published,
            source: "test".into(),
            contract: None,
            args: Args::new(),
            place: Place {
                keyed: keyed.to_string(),
                ..Place::default()
            },
        }
    }

    #[test]
    fn what_is_not_shown_counts_all_the_same() {
        let bench = bench("");
        let mut scales = Scales::new(&bench, 10);
        for _ in 0..50 {
            scales.weigh(&finding("KK-A", Class::Signaal, "/a"), "f");
        }
        assert!(matches!(
            scales.weigh(&finding("KK-B", Class::Foutmelding, "/b"), "f"),
            Fate::Shown
        ));
        let (judgement, more) = scales.finish();
        assert_eq!((judgement.verdict, more), (Verdict::Fail, 40));
    }

    #[test]
    fn an_excuse_for_the_first_place_excuses_no_other() {
        let bench = bench(
            "[[deviation]]\nrule = 'KK-A'\nplace = 'a'\nowner = 'x'\nreason = 'y'\nuntil = 2026-12-31\n",
        );
        let mut scales = Scales::new(&bench, 1);
        let first = scales.weigh(&finding("KK-A", Class::Foutmelding, "/a"), "f");
        assert!(matches!(first, Fate::Excused(_)));
        let second = scales.weigh(&finding("KK-A", Class::Foutmelding, "/b"), "f");
        assert!(matches!(second, Fate::Counted));
        assert_eq!(scales.finish().0.verdict, Verdict::Fail);
    }

    #[test]
    fn what_a_check_had_no_room_for_counts() {
        let bench = bench("");
        let mut beyond = Beyond::default();
        beyond.add_kind(Kind::Undecided, Class::Signaal, Grade::Published, 3);
        let mut scales = Scales::new(&bench, 10);
        scales.add(Judgement::new(Verdict::Pass, Grade::Published));
        scales.weigh_beyond(&beyond);
        let (judgement, more) = scales.finish();
        assert_eq!((judgement.verdict, more), (Verdict::Undecided, 3));
    }
}
