//! The sequence diagram of a scenario's exchanges.

use serde::Serialize;

use super::views::shown;
use crate::event::Exchanged;
use crate::limits::MAX_DRAWN_EXCHANGES;

/// Room left of the first party, and right of the last.
const MARGIN: usize = 70;
/// From one party to the next.
const COLUMN: usize = 250;
/// From one arrow to the next.
const ROW: usize = 30;
/// Where the first arrow is.
const TOP: usize = 62;
/// How far a message to oneself leads.
const LOOP: usize = 40;
/// About the width of a character in the labels.
const CHARACTER: usize = 7;

/// A drawing, in the units of its view box.
#[derive(Debug, Serialize)]
pub(super) struct Diagram {
    width: usize,
    height: usize,
    /// Where the lines of the parties end.
    bottom: usize,
    parties: Vec<Party>,
    arrows: Vec<Arrow>,
    /// Exchanges that are not drawn.
    more: usize,
}

#[derive(Debug, Serialize)]
struct Party {
    name: String,
    x: usize,
}

#[derive(Debug, Serialize)]
struct Arrow {
    /// `request`, `response` or `failed`.
    kind: &'static str,
    from: usize,
    to: usize,
    y: usize,
    /// The middle, where the label stands.
    middle: usize,
    label: String,
    /// The points of the head.
    head: String,
}

/// One end of an exchange, in the order in which they came.
enum End<'e> {
    Request(&'e Exchanged),
    Response(&'e Exchanged),
}

/// The ends of exchanges. They are numbered as they began and come as they
/// ended, so one that began before another and ended after it holds it.
fn ends(exchanges: &[Exchanged]) -> Vec<End<'_>> {
    let mut begun: Vec<&Exchanged> = exchanges.iter().collect();
    begun.sort_by_key(|exchange| exchange.number);
    let mut begun = begun.into_iter().peekable();
    let mut ends = Vec::new();
    for ended in exchanges {
        while let Some(next) = begun.next_if(|next| next.number <= ended.number) {
            ends.push(End::Request(next));
        }
        ends.push(End::Response(ended));
    }
    ends
}

impl Diagram {
    /// Draws exchanges, which come in the order in which they ended. `problem`
    /// says why there was no answer. `None` for none.
    pub(super) fn of(exchanges: &[Exchanged], problem: impl Fn(&str) -> String) -> Option<Self> {
        let drawn = &exchanges[..exchanges.len().min(MAX_DRAWN_EXCHANGES)];
        let mut names: Vec<&str> = Vec::new();
        let mut in_order: Vec<&Exchanged> = drawn.iter().collect();
        in_order.sort_by_key(|exchange| exchange.number);
        for name in in_order.iter().flat_map(|one| [&one.from, &one.to]) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let x = |name: &str| {
            let at = names.iter().position(|known| *known == name);
            MARGIN + COLUMN * at.unwrap_or(0)
        };
        let mut arrows = Vec::new();
        for end in ends(drawn) {
            let y = TOP + ROW * arrows.len();
            arrows.push(match end {
                End::Request(exchange) => {
                    let label = format!("{}. {}", exchange.number, exchange.name);
                    Arrow::new("request", x(&exchange.from), x(&exchange.to), y, &label)
                }
                End::Response(exchange) => {
                    let (from, to) = (x(&exchange.to), x(&exchange.from));
                    match (&exchange.problem, exchange.status) {
                        (None, Some(status)) => {
                            let label = format!("{}: {status}", exchange.number);
                            Arrow::new("response", from, to, y, &label)
                        }
                        (why, _) => {
                            let why = why.as_deref().map(&problem).unwrap_or_default();
                            let label = format!("{}: ✕ {why}", exchange.number);
                            Arrow::new("failed", from, to, y, &label)
                        }
                    }
                }
            });
        }
        let bottom = TOP + ROW * arrows.len();
        (!arrows.is_empty()).then(|| Self {
            width: 2 * MARGIN + COLUMN * names.len().saturating_sub(1).max(1),
            height: bottom + 10,
            bottom,
            parties: names
                .iter()
                .map(|name| Party {
                    name: shown(name),
                    x: x(name),
                })
                .collect(),
            arrows,
            more: exchanges.len() - drawn.len(),
        })
    }
}

impl Arrow {
    fn new(kind: &'static str, from: usize, to: usize, y: usize, label: &str) -> Self {
        let to = if from == to { from + LOOP } else { to };
        let room = from.abs_diff(to).max(COLUMN) / CHARACTER;
        let mut label = shown(label);
        if label.chars().count() > room {
            label = label.chars().take(room - 1).chain(['…']).collect();
        }
        let back = if to > from { to - 9 } else { to + 9 };
        Self {
            kind,
            from,
            to,
            y,
            middle: from.min(to) + from.abs_diff(to) / 2,
            label,
            head: format!("{to},{y} {back},{} {back},{}", y - 5, y + 5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(number: u32, from: &str, to: &str, status: Option<u16>) -> Exchanged {
        Exchanged {
            scenario: "s".to_string(),
            number,
            from: from.to_string(),
            to: to.to_string(),
            name: "aanleveren".to_string(),
            status,
            tls: None,
            problem: status.is_none().then(|| "timed-out".to_string()),
        }
    }

    #[test]
    fn what_happens_within_an_exchange_is_drawn_within_it() {
        let ended = [
            exchange(2, "duo", "osr", Some(200)),
            exchange(1, "las", "duo", Some(200)),
            exchange(3, "las", "duo", None),
        ];
        let diagram = Diagram::of(&ended, |key| key.to_uppercase()).unwrap();
        let labels: Vec<&str> = diagram.arrows.iter().map(|a| a.label.as_str()).collect();
        assert_eq!(
            labels,
            [
                "1. aanleveren",
                "2. aanleveren",
                "2: 200",
                "1: 200",
                "3. aanleveren",
                "3: ✕ TIMED-OUT"
            ]
        );
        let parties: Vec<&str> = diagram.parties.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(parties, ["las", "duo", "osr"]);
    }

    #[test]
    fn a_long_exchange_is_drawn_in_part() {
        let many: Vec<_> = (1..=100)
            .map(|n| exchange(n, "las", "las", Some(200)))
            .collect();
        let diagram = Diagram::of(&many, str::to_string).unwrap();
        assert_eq!(diagram.arrows.len(), 2 * MAX_DRAWN_EXCHANGES);
        assert_eq!(diagram.more, 100 - MAX_DRAWN_EXCHANGES);
        assert!(Diagram::of(&[], str::to_string).is_none());
    }
}
