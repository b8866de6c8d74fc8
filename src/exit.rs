//! Exit codes, the shortest report there is (70-readiness.md, exit codes).

use crate::event::Summary;
use crate::finding::Verdict;

/// How a run ended. The number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Everything that was judged conforms.
    Conforms,
    /// Findings at or above the threshold.
    Findings,
    /// The call or the settings are wrong, or there was nothing to judge.
    Usage,
    /// The other party could not be reached or broke off.
    Unreachable,
    /// Our own mistake.
    Internal,
    /// No findings, but something could not be decided.
    Undecided,
}

/// The exit code of [`Exit::Conforms`].
pub const CONFORMS: u8 = 0;
/// The exit code of [`Exit::Findings`].
pub const FINDINGS: u8 = 1;
/// The exit code of [`Exit::Usage`].
pub const USAGE: u8 = 2;
/// The exit code of [`Exit::Unreachable`].
pub const UNREACHABLE: u8 = 3;
/// The exit code of [`Exit::Internal`].
pub const INTERNAL: u8 = 4;
/// The exit code of [`Exit::Undecided`].
pub const UNDECIDED: u8 = 5;

/// What went wrong beside the judging of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trouble {
    /// The call or the settings are wrong.
    pub usage: bool,
    /// The other party could not be reached or broke off.
    pub unreachable: bool,
    /// We made a mistake: the summary may be incomplete.
    pub internal: bool,
}

impl Exit {
    /// All ways to end, the one that wins over all later ones first.
    pub const PRECEDENCE: [Exit; 6] = [
        Exit::Internal,
        Exit::Usage,
        Exit::Unreachable,
        Exit::Findings,
        Exit::Undecided,
        Exit::Conforms,
    ];

    /// How a run ends that counted `summary` and met with `trouble`.
    ///
    /// A run that found no input ends as [`Exit::Usage`]; one in which nothing
    /// applied to any input as [`Exit::Undecided`]: green is only what was
    /// judged.
    pub fn of(summary: &Summary, trouble: Trouble) -> Self {
        let whole = summary.judgement.map(|judgement| judgement.verdict);
        let nothing_applied = summary.passed + summary.failed == 0;
        let holds = |exit: &Exit| match exit {
            Exit::Internal => trouble.internal,
            Exit::Usage => trouble.usage || (summary.inputs == 0 && !trouble.unreachable),
            Exit::Unreachable => trouble.unreachable,
            Exit::Findings => summary.failed > 0 || whole == Some(Verdict::Fail),
            Exit::Undecided => {
                summary.undecided > 0 || whole == Some(Verdict::Undecided) || nothing_applied
            }
            Exit::Conforms => true,
        };
        Self::PRECEDENCE
            .into_iter()
            .find(holds)
            .unwrap_or(Exit::Conforms)
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Conforms => CONFORMS,
            Exit::Findings => FINDINGS,
            Exit::Usage => USAGE,
            Exit::Unreachable => UNREACHABLE,
            Exit::Internal => INTERNAL,
            Exit::Undecided => UNDECIDED,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Grade, Judgement};

    const NONE: Trouble = Trouble {
        usage: false,
        unreachable: false,
        internal: false,
    };

    fn counts(passed: u64, failed: u64, undecided: u64, not_applicable: u64) -> Summary {
        Summary {
            inputs: passed + failed + undecided + not_applicable,
            passed,
            failed,
            undecided,
            not_applicable,
            ..Summary::default()
        }
    }

    #[test]
    fn messages_decide_in_the_order_of_the_dossier() {
        let table = [
            (counts(3, 0, 0, 0), Exit::Conforms, 0),
            (counts(3, 0, 0, 2), Exit::Conforms, 0),
            (counts(3, 1, 0, 0), Exit::Findings, 1),
            (counts(3, 1, 1, 0), Exit::Findings, 1),
            (counts(3, 0, 1, 0), Exit::Undecided, 5),
            (counts(0, 0, 0, 4), Exit::Undecided, 5),
            (counts(0, 0, 0, 0), Exit::Usage, 2),
        ];
        for (summary, exit, code) in table {
            assert_eq!(Exit::of(&summary, NONE), exit, "{summary:?}");
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn the_batch_counts_too() {
        for (verdict, exit) in [
            (Verdict::Fail, Exit::Findings),
            (Verdict::Undecided, Exit::Undecided),
            (Verdict::Pass, Exit::Conforms),
        ] {
            let summary = Summary {
                judgement: Some(Judgement::new(verdict, Grade::Published)),
                ..counts(2, 0, 0, 0)
            };
            assert_eq!(Exit::of(&summary, NONE), exit);
        }
    }

    /// 4 > 2 > 3 > 1 > 5 > 0, for every combination.
    #[test]
    fn the_precedence_holds_for_every_combination() {
        for bits in 0u32..32 {
            let has = |bit: u32| bits & (1 << bit) != 0;
            let trouble = Trouble {
                internal: has(0),
                usage: has(1),
                unreachable: has(2),
            };
            let summary = counts(1, has(3).into(), has(4).into(), 0);
            let expected = if has(0) {
                4
            } else if has(1) {
                2
            } else if has(2) {
                3
            } else if has(3) {
                1
            } else if has(4) {
                5
            } else {
                0
            };
            assert_eq!(Exit::of(&summary, trouble).code(), expected, "{bits:05b}");
        }
        let codes = Exit::PRECEDENCE.map(Exit::code);
        assert_eq!(codes, [4, 2, 3, 1, 5, 0]);
    }
}
